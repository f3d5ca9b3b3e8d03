# ruff: noqa: E501 - tables of words; a line is one entry and its spellings
"""The closed list of functions (RULES 47) and the words of job titles that name each.

Each function has words by strength: of several functions in a title the strongest word decides, then the first. 9 is a post that decides
alone, 8 a phrase, 7 to 5 a department, 4 to 2 a broad field, 1 a title of the whole company, 0 a trade outside the list.
"""

from __future__ import annotations

DEPARTMENTS: dict[str, dict[int, str]] = {
    "it": {
        8: """information technology, it director, it manager, it operations, it support, help desk, helpdesk, service desk, desktop support, it services, it systems,
            system administrator, systems administrator, sysadmin, database administrator, network administrator, digital transformation,
            information systems, business systems, systèmes d information, sistemas de información, systemadministrator, it security officer role, enterprise architect,
            enterprise architecture, business intelligence developer, salesforce administrator, data center, datacenter, computer systems""",
        5: """it, i t, mis, network, networks, infrastructure, cloud, sap, erp, sysops, EDV, Informatik, informatique, informática, informatica, *informatiker, Informatiker,
            sistemi informativi, Systemtechnik, telecom, telecommunications, dba, database, aws, azure, vmware, cisco, oracle, servicenow, sharepoint, citrix, ict, automatisering,
            tecnologías, IT-*, computing""",
        4: "technology, technologies, tech, systems, system, sistemas, systems analyst, computer, tecnología, tecnologia, technologie, systeme, applications, application, crm, web",
    },
    "engineering": {
        8: """software engineer, software engineering, software developer, software development, web developer, mobile developer, full stack, fullstack, back end, backend, front end, frontend,
            engineering manager, qa engineer, quality assurance engineer, test engineer, site reliability, solutions architect, solution architect,
            software architect, technical lead, tech lead, technical director, research engineer, member of technical staff, data center engineer, sales tools engineer,
            founding engineer, design engineer, product engineer, forward deployed engineer, network software engineer, process engineer, project engineer, customer engineer""",
        7: "devops, dev ops, sre, software, ios, android, developer, developers, programmer, coder, *entwickler, *entwicklerin, Entwickler, développeur, développeuse, desarrollador, desarrollo de software, "
        "sviluppatore, desenvolvedor, ontwikkelaar, Softwareentwicklung, *programmierer, programador, firmware, embedded, qa, sdet, sofware, softwa",
        5: """engineer, engineers, eng, dev, engineering, *engineer, *ingenieur, Ingenieur, Ingenieurin, ingénieur, ingénieurs, ingénierie, ingeniero, ingeniera, ingeniería, ingegnere,
            ingegneria, engenheiro, engenheira, engenharia, engr, hardware, fpga, asic, electronics, mechatronics, robotics, Konstrukteur, Konstruktion, bureau d études, silicon, automation,
            architect, architecture, mechanical, electrical engineer, civil engineer, aerospace, automotive engineer, cad, hw, protocol, technique""",
        3: "technical, technician, technicien, technicienne, técnico, técnica, tecnico, technisch, technischer, technische, Technik, *technik, *techniker, Techniker, testing, tester, drafter, surveyor, platform, scrum master, agile, electronic, electrician",
    },
    "security": {
        8: "information security, cyber security, it security, data security, network security, cloud security, application security, product security, security operations, "
        "seguridad de la información, sicurezza informatica, segurança da informação, security architect, security architecture, security engineer",
        7: "cybersecurity, infosec, appsec, soc analyst, penetration tester, pentester, devsecops, IT-Sicherheit, Informationssicherheit, cybersécurité, ciberseguridad, cibersegurança, beveiliging",
        6: "security, Sicherheit, sécurité, seguridad, sicurezza, segurança, guard, public safety, loss prevention",
    },
    "data": {
        8: """data science, data scientist, data scientists, data engineer, data engineering, data analyst, data analytics, data architect, business intelligence, machine learning,
            artificial intelligence, deep learning, computer vision, big data, data warehouse, data governance, applied scientist, ai engineer, ml engineer, nlp, product analyst, bi developer, research data analyst""",
        6: "analytics, ai, ml, bi, mlops, Datenanalyse, *datenanalyst, analyse de données, ciencia de datos, statistician, statistics, llm, genai",
        5: "data, Daten, données, datos, dati, dados, big data analytics, intelligence, informatics, bioinformatics",
    },
    "product": {
        8: "product manager, product management, product owner, product design, product designer, product development, product strategy, head of product, user experience, product lead, group product manager, "
        "chef de produit, jefe de producto, produktmanager, produktmanagement, gestion de produit, product team, product operations, product portfolio, product portfolios, technical product manager",
        6: "ux, ui, usability, interaction designer",
        4: "product, products, produit, producto, prodotto, produto, Produkt, portfolio, portfolios, designer, design",
    },
    "operations": {
        8: "office manager, project manager, program manager, programme manager, chief of staff operations, business operations, facilities manager, plant manager, operations manager, store operations, "
        "project management, business analyst, process improvement, quality assurance, quality control, office administrator, pmo, general operations, business process",
        3: """manufacturing, production, Produktion, *produktion, produccion, producción, produção, produzione, productie, Fertigung, quality, Qualität, qualité, calidad, qualità, qualidade, kwaliteit, plant, factory, facilities, facility,
            maintenance, Instandhaltung, mantenimiento, operator, assembler, machinist, welder, foreman, mechanic, packer, tender, setter, grinder, miner, driller, construction, safety, hse, ehs, lean, six sigma, continuous improvement,
            housekeeping, janitor, custodian, inspector, press, machine, assembly, tester and inspector, cutter, fabricator, machining, mill, drilling, fleet, services""",
        2: """operations, operation, ops, worker, maker, helper, hand, repairer, installer, finisher, mixer, laborer, builder, fitter, sorter, feeder, polisher, winder, sewer, checker, grader, metal, tool, operational, operaciones, operações, operazioni, opérations, operaties, Betrieb, *betrieb, Betriebsleiter, project, projects, Projekt, *projekt, Projektleiter, projet, projets, proyecto, proyectos, progetto, projeto, program, programs, programme, programmes, process,
            administrative, administration, administrator, admin, administrativo, administrativa, administración, Verwaltung, office, receptionist, secretary, clerk, assistant, Assistent, Assistentin, assistante, asistente, assistente, delivery, transformation, coordinator, back office, scheduler, planner, planning, supervisor, dispatcher,
            executive assistant, personal assistant, administrative assistant, secrétaire, Sekretärin, Assistenz, Büro, service, workplace, field service, field services, implementation, deployment""",
    },
    "finance": {
        8: "financial planning and analysis, investor relations, private equity, venture capital, accounts payable, accounts receivable, real estate finance, wealth management, internal audit, "
        "investment banking, asset management, portfolio manager, portfolio management, corporate finance, corporate controller, financial controller, credit risk, risk management, trade finance, capital markets, finance business partner, management accountant, financial inclusion, staff accountant, fund accounting",
        7: """finance, finances, financial, accounting, accountant, accountants, bookkeeper, bookkeeping, controller, comptroller, treasurer, treasury, audit, auditor, tax, taxation, payroll, fp a, fp and a, cpa, underwriter, actuary, actuarial, trader, trading, banker,
            Finanzen, *finanz, Finanzbuchhalter, Finanzleiter, Buchhaltung, Buchhalter, *buchhalter, Controlling, Steuern, Steuerberater, Rechnungswesen, financier, financière, comptable, comptabilité, trésorier, contrôle de gestion, contrôleur, finanzas, financiero, financiera, contable, contabilidad, contador, contadora,
            tesorero, tesorería, finanza, finanziario, contabilità, contabile, ragioniere, amministrazione, finanças, financeiro, financeira, contabilidade, tesouraria, financieel, financiën, boekhouder, boekhouding, fund, finop, fintech""",
        5: "investment, investments, investor, investors, investing, banking, bank, teller, credit, loan, loans, mortgage, billing, risk, risque, riesgos, wealth, equity, buyouts, capital, pricing, insurance, assurance, Versicherung, seguros, claims, claim, budget, economist, revenue accounting, funds",
    },
    "legal": {
        8: "general counsel, legal counsel, legal affairs, corporate secretary, company secretary, regulatory affairs, data protection officer, intellectual property, contract manager, contracts manager",
        7: "legal, law, lawyer, attorney, counsel, solicitor, barrister, paralegal, litigation, patent, compliance, regulatory, privacy, Recht, *recht, Rechtsabteilung, Jurist, Juristin, Rechtsanwalt, Anwalt, Syndikus, juridique, juriste, avocat, avocate, legales, jurídico, "
        "jurídica, abogado, abogada, legale, legali, avvocato, advogado, advogada, juridisch, advocaat, notary, judge, policy, ethics",
    },
    "hr": {
        8: "human resources, human resource, human capital, talent acquisition, talent management, people operations, people and culture, employee relations, learning and development, hr business partner, people partner, organizational development, "
        "ressources humaines, recursos humanos, risorse umane, talent partner, employee experience, head hunter, leadership development, executive search",
        7: "hr, hris, recruiter, recruiters, recruiting, recruitment, headhunter, staffing, compensation, benefits, Personal, *personal, Personalleiter, Personalleiterin, Personalwesen, Personalreferent, Personalreferentin, Personalabteilung, *recruiter, rh, rrhh, recrutement, reclutamiento, selezione, recrutamento, sourcer",
        4: "people, talent, culture, personnel, workforce, diversity, training, formation",
    },
    "marketing": {
        8: """product marketing, growth marketing, digital marketing, demand generation, lead generation, lead gen, content marketing, performance marketing, field marketing, marketing manager, marketing operations, partner marketing,
            public relations, social media, brand management, brand manager, technical marketing, community manager, creative director, art director, media planner, graphic designer, graphic design, marketing director, event manager, user growth, search engine, content strategist,
            digital strategist, media buyer, growth hacker, corporate communications, digital content, marketing communications, marketing automation, developer relations, dev rel, demand gen, abm, sales and marketing analyst""",
        7: """marketing, marketer, marketers, seo, sem, s e o, ppc, advertising, copywriter, brand, branding, brands, Werbung, *marketing, mercadeo, mercadotecnia, mercadotécnica, publicité, publicidad, pubblicità, communication marketing, growth, devrel, pr, mktg""",
        5: """communications, communication, Kommunikation, *kommunikation, comunicación, comunicação, comunicazione, communicatie, media, content, creative, events, event, social, community, ecommerce, e commerce, engagement, outreach, publicity, campaign, campaigns, publications, publisher, graphic, web content, loyalty""",
        3: "digital, online, web marketing, editorial, influencer",
    },
    "sales": {
        8: """account executive, account executives, account manager, account managers, account director, account management, key account, key accounts, national accounts, business development, sales engineer, sales engineering, sales operations, sales manager, sales development, account executive sales,
            client partner, channel partner, channel manager, channel sales, partner manager, partner sales, inside sales, presales, pre sales, revenue operations, alliance manager, enterprise sales, store manager, sales executive, sales representative, customer acquisition, technical account manager, global accounts, corporate accounts,
            partner development, strategic partnerships, global partnerships, account lead, strategic accounts, go to market, technical sales, sales and marketing, commercial director, partnerships manager""",
        7: """sales, salesperson, salesman, saleswoman, salesforce development, seller, sdr, bdr, sdrs, bizdev, biz dev, Vertrieb, *vertrieb, Vertriebsleiter, Vertriebsleiterin, Vertriebsmitarbeiter, Vertriebsmanager, Verkauf, *verkauf, Verkäufer, Verkäuferin, Verkaufsleiter, Verkaufsberater, Außendienst, *außendienst, ventes, vente, vendeur, vendeuse,
            commercial, commerciale, commerciaux, technico commercial, ventas, vendedor, vendedora, comercial, vendite, venditore, vendas, verkoop, verkoper, gtm, presale, ae, vertriebs*, verkaufs*""",
        6: "revenue, partnerships, partnership, alliances, alliance, channel, channels, partnering, reseller, franchise, accounts, leasing",
        4: "merchandising, merchandiser, merchandise, retail, store, account, market development, cashier, territory, partner success, commerce, broker, real estate agent, realtor",
    },
    "customer": {
        8: """customer success, customer success manager, customer experience, customer service, customer services, customer support, customer care, client services, client success, client relations, technical support, tech support, support engineer, support specialist, support manager, call center, contact center,
            service client, relation client, atención al cliente, servicio al cliente, assistenza clienti, atendimento ao cliente, customer operations, customer onboarding, client service, player support, customer implementation, product support, head of support""",
        7: "csm, cx, Kundenservice, Kundenbetreuer, Kundenbetreuerin, Kundenbetreuung, Kundendienst, klantenservice, sac",
        4: "customer, customers, client, clients, support, consumer, guest, hospitality, clientele, onboarding",
    },
    "procurement": {
        8: "strategic sourcing, global sourcing, category manager, vendor management, supplier management, head of purchasing",
        7: "procurement, purchasing, buyer, buyers, sourcing, purchaser, Einkauf, *einkauf, Einkäufer, Einkäuferin, *einkäufer, Einkaufsleiter, Einkaufsleiterin, Beschaffung, achats, achat, acheteur, acheteuse, compras, comprador, compradora, acquisti, acquisto, inkoop, inkoper, aprovisionamiento, suprimentos, approvisionnement, einkaufs*",
    },
    "supply chain": {
        8: "supply chain, demand planning, supply planning, chaîne logistique, cadena de suministro, catena di fornitura, cadeia de suprimentos, material handler, import export",
        6: "logistics, logistic, warehouse, warehousing, distribution, inventory, shipping, transportation, transport, freight, fulfillment, materials, Logistik, *logistik, Lager, *lager, Spedition, logistique, entrepôt, logística, almacén, logistica, magazzino, logistiek, magazijn, truck, driver, courier, stock, loader, supply, Lagerleiter",
    },
    "research": {
        8: "research and development, research scientist, r and d, r d, research fellow, research associate, market research, principal investigator, user researcher, research director, research manager, research and innovation, scientific affairs",
        6: "research, researcher, researchers, rnd, Forschung, *forschung, Forschungsleiter, recherche, investigación, ricerca, pesquisa, onderzoek, chercheur, investigador, ricercatore, pesquisador",
        5: "scientist, scientific, science, sciences, laboratory, lab, labs, postdoc, postdoctoral, chemist, biologist, physicist, Wissenschaftler, *wissenschaftler, scientifique, genetics, mathematician, archaeologist, geologist, geology, epidemiologist, epidemiology, innovation, Innovation, innovación, inovação, innovazione, microbiologist, biochemist, anthropologist, hydrologist",
    },
    "medical": {
        8: "medical director, clinical research, clinical trial, clinical trials, clinical development, clinical operations, health care, public health, head nurse, staff nurse, medical assistant, medical affairs, patient care, physical therapist, home health",
        7: "medical, medicine, clinical, physician, doctor, surgeon, nurse, nursing, rn, pharmacist, pharmacy, dentist, dental, therapist, therapy, psychologist, psychiatrist, psychiatric, radiology, radiologist, oncology, patient, hospital, health, healthcare, wellness, optometrist, paramedic, "
        "Arzt, Ärztin, *arzt, Krankenschwester, Pfleger, *pfleger, Pflegedienst, Apotheker, Medizin, médecin, médical, infirmier, infirmière, pharmacien, médico, médica, enfermero, enfermera, medico, infermiere, enfermeiro, enfermeira, arts, verpleegkundige, veterinarian, veterinary, caregiver, pathologist, "
        "cardiologist, neurologist, pediatrician, pediatrics, anesthesiologist, anesthesia, ophthalmologist, dermatologist, midwife, chiropractor, dietitian, nutritionist, phlebotomist, orthopedic, obstetrician, gynecologist, urologist, surgical, audiologist",
    },
    "education": {
        7: """teacher, teachers, professor, lecturer, instructor, tutor, education, educational, educator, school, university, college, faculty, dean, academic, academics, curriculum, provost, headmaster, librarian, kindergarten, undergraduate, student affairs, student services, admissions, graduate school,
            Lehrer, Lehrerin, *lehrer, *lehrerin, Dozent, Dozentin, Professorin, Schulleiter, enseignant, enseignante, enseignement, professeur, formateur, profesor, profesora, educación, educação, professora, docente, insegnante, docent, leraar, onderwijs, campus, headteacher, head teacher, educator, counselor, chancellor""",
        3: "learning, training center, coach, coaching, trainer, library, e learning",
    },
    "general management": {
        8: "chief of staff, director general, general director, president directeur general",
        3: "strategy, strategic, stratégie, estrategia, strategia, estratégia, Strategie, corporate development, mergers and acquisitions, m and a",
        1: """owner, owners, co owner, business owner, owner operator, proprietor, founder, founders, cofounder, cofounders, co founder, co founders, partner, partners, managing partner, founding partner, senior partner, equity partner, general partner, entrepreneur, self employed, shareholder,
            managing director, md, president, chairman, chairwoman, chairperson, chair, vice chairman, vice chair, board, board member, boardmember, member of the board, board of directors, board director, board of, chair of the, non executive director, ned, advisory board, executive board, general manager, gm, executive director, country manager,
            regional manager, area manager, branch manager, district manager, managing principal, general management, chief executive, chief executive officer, secretary general, commissioner, mayor, Geschäftsführer, Geschäftsführerin, Geschäftsführung, Geschäftsleitung, Geschäftsleiter, Geschäftsleiterin, *geschäftsführer, Vorstand, Vorständin, Vorstandsmitglied,
            Vorstandsvorsitzender, Vorstandsvorsitzende, Vorstandssprecher, Generaldirektor, Generaldirektorin, Aufsichtsrat, *vorstand, Inhaber, Inhaberin, Gründer, Gründerin, Mitgründer, Eigentümer, Eigentümerin, Gesellschafter, Gesellschafterin, Unternehmer, Prokurist, Filialleiter, Filialleiterin, Niederlassungsleiter, président, présidente, pdg, directeur général, directrice générale, dg, dga,
            directeur général adjoint, propriétaire, fondateur, fondatrice, cofondateur, gérant, gérante, associé, associée, presidente, presidenta, director ejecutivo, directora ejecutiva, director gerente, gerente general, gerente geral, directora general, consejero delegado, consejera delegada, consejero, propietario, propietaria, dueño, dueña, fundador, fundadora, socio, socia,
            diretor executivo, diretora executiva, diretor geral, diretora geral, diretor presidente, direttore generale, direttrice generale, amministratore delegato, amministratrice delegata, amministratore unico, titolare, proprietario, fondatore, imprenditore, proprietário, proprietária, sócio, sócia, algemeen directeur, bestuurder, bestuursvoorzitter, zaakvoerder, voorzitter, eigenaar, oprichter,
            vicepresidente, rector, chief administrative""",
    },
    "other": {
        0: """consultant, consulting, advisor, adviser, Berater, Beraterin, *berater, consultante, asesor, asesora, consultor, consultora, consulente, adviseur, conseiller, freelancer, freelance, volunteer, fellow, artist, writer, editor, journalist, reporter, photographer, producer, musician, music, actor, translator, interpreter,
            chef, cook, waiter, waitress, bartender, barista, baker, butcher, farmer, gardener, carpenter, plumber, painter, mason, roofer, tailor, hairdresser, barber, beautician, pilot, flight attendant, police, detective, firefighter, soldier, sergeant, officer, priest, minister, pastor, chaplain, architect of buildings, athlete, player,
            real estate, property, housing, sports, band, theatre, theater, film, fashion, farm, agriculture, forester, fisher, hunter, jeweler, social worker, nanny, maid, cleaner, host, hostess, designer of jewelry, sustainability, ESG, environmental, environment, energy, government, public affairs, nonprofit""",
    },
}
"""Function to its words by strength, in the order in which docs list them."""
