# ruff: noqa: E501 - tables of words; a line is one entry and its spellings
"""The words and phrases of job titles: which function they name and how strongly, which step of the ladder they stand for.

Entries stand in lines, parted by commas, in any case and with their accents; German umlauts are also known as ae, oe and ue. A phrase
of several words is read before its words. An entry that begins with `*` is the end of a compound (`*leiter` reads Vertriebsleiter),
one that ends with `*` its beginning. Languages: English, German, French, Spanish, Italian, Portuguese, Dutch.
"""

from __future__ import annotations

from payper.normalisation.title_departments import DEPARTMENTS

SENIORITY: tuple[str, ...] = ("intern", "entry", "senior", "manager", "director", "vp", "c-level", "owner")
"""The ladder, lowest first; `owner` ranks equal to `c-level` (RULES 18)."""

FUNCTIONS: tuple[str, ...] = tuple(DEPARTMENTS)
"""The closed list of functions (RULES 47)."""

RUNGS: dict[str, str] = {
    "intern": """
        intern, interns, internship, trainee, apprentice, apprenticeship, student, working student, co op student, placement student, cadet,
        Praktikant, Praktikantin, *praktikant, *praktikantin, Praktikum, Werkstudent, Werkstudentin, Auszubildender, Auszubildende,
        Azubi, Volontär, Volontärin, stagiaire, alternant, alternante, apprenti, apprentie, becario, becaria, en prácticas, practicante,
        aprendiz, tirocinante, stagista, apprendista, estagiário, estagiária, stagiair, leerling
    """,
    "entry": """
        junior, jr, entry level, graduate, associate, assistant, aide, helper, worker, employee, staff member, team member, crew member,
        engineer, engineers, developer, developers, dev, programmer, coder, analyst, accountant, bookkeeper, consultant, consulting,
        specialist, coordinator, co ordinator, administrator, admin, representative, rep, agent, clerk, technician, tech, officer,
        designer, architect, scientist, researcher, executive, advisor, adviser, adviser, buyer, planner, scheduler, recruiter, teacher,
        lecturer, instructor, professor, tutor, trainer, coach, nurse, physician, doctor, surgeon, pharmacist, therapist, dentist,
        lawyer, attorney, counsel, solicitor, paralegal, editor, writer, producer, artist, strategist, statistician, actuary, auditor,
        underwriter, trader, broker, banker, teller, cashier, secretary, receptionist, operator, assembler, machinist, mechanic,
        electrician, welder, driver, inspector, investigator, detective, guard, marketer, salesperson, salesman, seller, merchandiser,
        negotiator, evangelist, advocate, generalist, economist, chemist, biologist, physicist, mathematician, librarian, curator,
        photographer, journalist, reporter, translator, interpreter, freelancer, freelance, contractor, tester, fellow, postdoc,
        volunteer, executive assistant, personal assistant, administrative assistant, account executive, sales executive, ambassador,
        expert, ninja, hacker, modeler, modeller, facilitator, liaison, underwriting, member of technical staff, *engineer, sdr, bdr, ae, csm, cpa, dba, tpm, rn, sre, sysadmin, professional, hand, chef, cook, pilot, barista, account executives, reps,
        counselor, copywriter, custodian, faculty, resident, attendant,
        *developer, *smith, product owner, process owner, data owner, service owner, system owner, business owner representative,
        Angestellter, Angestellte, Mitarbeiter, Mitarbeiterin, *mitarbeiter, *mitarbeiterin, Sachbearbeiter, Sachbearbeiterin,
        Ingenieur, Ingenieurin, *ingenieur, *ingenieurin, Entwickler, Entwicklerin, *entwickler, *entwicklerin, Berater, Beraterin,
        *berater, *beraterin, Buchhalter, Buchhalterin, *buchhalter, Kaufmann, Kauffrau, *kaufmann, *kauffrau, Referent, Referentin,
        *referent, *referentin, Assistent, Assistentin, Assistenz, *assistent, *assistentin, *assistenz, Verkäufer, Verkäuferin,
        Einkäufer, Einkäuferin, *einkäufer, Techniker, Technikerin, *techniker, Administratorin, Informatiker, Informatikerin,
        *informatiker, Programmierer, Anwalt, Rechtsanwalt, Arzt, Ärztin, Lehrer, Lehrerin, Disponent, Vertreter, *vertreter, Spezialist,
        *spezialist, Wissenschaftler, *wissenschaftler, Koordinator, *koordinator, Sekretärin, Sekretär, Redakteur, Redakteurin,
        ingénieur, ingénieure, développeur, développeuse, technicien, technicienne, comptable, conseiller, conseillère, consultante,
        chargé, chargée, assistante, vendeur, vendeuse, acheteur, acheteuse, employé, employée, secrétaire, analyste, attaché, attachée,
        juriste, avocat, avocate, infirmier, infirmière, médecin, enseignant, enseignante, formateur, administrateur systèmes,
        ingeniero, ingeniera, desarrollador, desarrolladora, programador, programadora, técnico, técnica, contador, contadora, contable,
        asesor, asesora, vendedor, vendedora, comprador, compradora, analista, asistente, auxiliar, administrativo, administrativa,
        ejecutivo, ejecutiva, especialista, consultor, consultora, abogado, abogada, médico, médica, profesor, profesora, enfermero,
        enfermera, empleado, comercial, secretaria, ingegnere, sviluppatore, programmatore, tecnico, contabile, ragioniere, impiegato,
        impiegata, consulente, venditore, assistente, addetto, addetta, avvocato, specialista, responsabile acquisti junior,
        engenheiro, engenheira, desenvolvedor, desenvolvedora, assessor, assessora, advogado, advogada, professora,
        enfermeiro, enfermeira, medewerker, ontwikkelaar, adviseur, boekhouder, verkoper, inkoper, beheerder, monteur, advocaat, docent
    """,
    "senior": """
        senior, sr, snr, experienced, principal, principle, staff, distinguished, expert level, mid senior, iii, iv,
        leitender, leitende, leitend, confirmé, confirmée, sénior, expérimenté, sênior, pleno
    """,
    "manager": """
        manager, mgr, mngr, mgmt, managers, managerial, lead, leads, leader, leaders, leadership, lead manager, team lead, team leader,
        teamlead, tech lead, techlead, supervisor, supv, foreman, forewoman, foreperson, superintendent, controller, comptroller,
        head nurse, head chef, head cook, head coach, head waiter, head cashier, scrum master, manageress, overseer,
        general manager, gm, country manager,
        *manager, *managerin, Managerin, Teamleiter, Teamleiterin, Teamleitung, Gruppenleiter, Gruppenleiterin, Gruppenleitung,
        Projektleiter, Projektleiterin, Projektleitung, Filialleiter, Filialleiterin, Schichtleiter, Schichtleiterin, Sachgebietsleiter,
        Bauleiter, Bauleiterin, Marktleiter, *chef, Meister, *meister, responsable, chef de, chef du, chef d, cheffe de, chef d equipe,
        gestionnaire, superviseur, encargado, encargada, gerente, jefe, jefa, coordinador general, supervisora, gestor, gestora,
        responsabile, capo, caporeparto, coordenador, coordenadora, supervisore, teamleider, leidinggevende, bedrijfsleider,
        chefe, encarregado, encarregada, líder
    """,
    "director": """
        director, directors, dir, head, hd, headmaster, head teacher, head of, global head, dean, treasurer, chief of staff,
        managing principal, principal and head, executive director, ed, art director general, superintendent of schools,
        Leiter, Leiterin, Leitung, *leiter, *leiterin, *leitung, Direktor, Direktorin, *direktor, *direktorin, Prokurist, Prokuristin,
        Hauptabteilungsleiter, Bereichsvorstand, directeur, directrice, dircom, subdirector, subdirectora, directora, diretor, diretora,
        direttore, direttrice, dirigente, hoofd, afdelingshoofd, directrice adjointe, afdelingsmanager
    """,
    "vp": """
        vp, vps, vice president, vice presidents, v p, evp, svp, avp, rvp, gvp, fvp, vice president and, executive vice president,
        senior vice president, vice présidente, vice président, vicepresidente, vicepresidenta, vice presidente, Vizepräsident,
        Vizepräsidentin, general counsel, vice chancellor, vice provost, vice rector, directeur général adjoint, dga
    """,
    "c-level": """
        ceo, coo, cfo, cio, ciso, cso, cto, cmo, cro, chro, cpo, cdo, cao, cco, clo, cxo, cvo, cgo, cbo, caio, cdao, ceos, co ceo,
        chief executive, chief executive officer, c level, c suite, md, managing director, president, chairman, chairwoman, chairperson, chair,
        vice chairman, vice chair, board member, boardmember, member of the board, board of directors, board director,
        non executive director, ned, advisory board, executive board, board, chancellor, provost, rector, director general,
        general director, secretary general, commissioner, mayor,
        Geschäftsführer, Geschäftsführerin, Geschäftsführung, Geschäftsleitung, Geschäftsleiter, Geschäftsleiterin, *geschäftsführer,
        Vorstand, Vorständin, Vorstandsmitglied, Vorstandsvorsitzender, Vorstandsvorsitzende, Vorstandssprecher, Generaldirektor,
        Generaldirektorin, Aufsichtsrat, *vorstand, président, présidente, pdg, président directeur général, directeur général, directrice générale, dg,
        dsi, rssi, daf, drh, presidente, presidenta, director ejecutivo, directora ejecutiva, director gerente, gerente general,
        gerente geral, directora general, consejero delegado, consejera delegada, consejero, diretor executivo, diretora executiva,
        diretor geral, diretora geral, diretor presidente, direttore generale, direttrice generale, amministratore delegato,
        amministratrice delegata, amministratore unico, algemeen directeur, bestuurder, bestuursvoorzitter, zaakvoerder, voorzitter
    """,
    "owner": """
        owner, owners, co owner, business owner, owner operator, proprietor, founder, founders, cofounder, cofounders, co founder,
        co founders, partner, partners, managing partner, founding partner, senior partner, equity partner, general partner, entrepreneur,
        self employed, shareholder, Inhaber, Inhaberin, Gründer, Gründerin, Mitgründer, Mitgründerin, Eigentümer, Eigentümerin,
        Gesellschafter, Gesellschafterin, Unternehmer, Unternehmerin, Selbständig, Selbstständig, propriétaire, fondateur, fondatrice,
        cofondateur, cofondatrice, gérant, gérante, associé, associée, propietario, propietaria, dueño, dueña, fundador, fundadora,
        cofundador, cofundadora, socio, socia, emprendedor, titolare, proprietario, fondatore, fondatrice, cofondatore,
        imprenditore, proprietário, proprietária, sócio, sócia, eigenaar, oprichter, medeoprichter, vennoot, zzp
    """,
}
"""Which words stand for which step. A word with no step here is no rank; the highest step in a title wins."""

NO_RANK = """
    lead generation, lead gen, lead management, leadership development, business partner, hr business partner, people partner,
    finance business partner, partner manager, partner management, partner marketing, partner success, partner sales, channel partner, client partner,
    alliance partner, partner relations, partner development, partner programs, partner operations, talent partner, engagement partner,
    design partner, staff accountant, staff writer, staff nurse, account lead, principal investigator, executive search,
    executive education, executive communications, board of, board certified, board games, board operator, owner relations, product lead,
    associate partner, founding team, founder associate, founders associate, intern program, student affairs, student services,
    student success, student life, graduate school, staff training, office of, office of the, office of the ceo, ceo office,
    director of photography, head hunter, board secretary, personal trainer, chair of the, tech support, technical support, head start
"""
"""Phrases whose words look like a rank and are none by themselves; a rank beside them still counts."""

LEADS: dict[str, str] = {
    "manager": "partner manager, account lead, product lead",
    "director": "associate partner",
    "entry": """business partner, hr business partner, people partner, finance business partner, talent partner, principal investigator,
        director of photography, head hunter, founder associate, founders associate, board operator, personal trainer, staff accountant, staff writer, staff nurse,
        partner success, board secretary""",
    "c-level": "chair of the, board of",
}
"""The steps of those phrases of `NO_RANK` that have one after all."""

OFFICERS: dict[str, str] = {
    "general management": "ceo, co ceo, coo, chief operating officer, chief operations officer, cxo, cvo, cso, cbo, cao, "
    "chief administrative officer, chief strategy officer, chief business officer, chief transformation officer, cco",
    "finance": "cfo, chief financial officer, chief finance officer, chief accounting officer, chief investment officer, "
    "chief risk officer, daf",
    "it": "cio, chief information officer, chief digital officer, chief digital and information officer, dsi",
    "engineering": "cto, chief technology officer, chief technical officer, chief engineering officer",
    "security": "ciso, chief information security officer, chief security officer, rssi, chief information and security officer",
    "data": "cdo, cdao, caio, chief data officer, chief analytics officer, chief data and analytics officer, chief ai officer, "
    "chief artificial intelligence officer, chief data scientist",
    "product": "cpo, chief product officer, chief design officer",
    "marketing": "cmo, chief marketing officer, chief brand officer, chief communications officer, chief growth officer, cgo, "
    "chief creative officer, chief content officer",
    "sales": "cro, chief revenue officer, chief sales officer, chief commercial officer",
    "customer": "chief customer officer, chief experience officer, chief client officer",
    "hr": "chro, chief human resources officer, chief human resource officer, chief people officer, chief hr officer, chief talent officer, chief diversity officer, drh",
    "legal": "clo, chief legal officer, chief compliance officer, chief privacy officer, chief ethics officer",
    "procurement": "chief procurement officer, chief purchasing officer",
    "supply chain": "chief supply chain officer, chief logistics officer",
    "research": "chief scientific officer, chief science officer, chief research officer, chief innovation officer",
    "medical": "chief medical officer, chief nursing officer, chief medical information officer, chief clinical officer",
    "education": "chief academic officer, chief learning officer, chief education officer",
}
"""C-level posts by function. Of the ambiguous letters, CPO is read as product, CRO as revenue, CDO as data, CCO and CSO (commercial,
compliance, customer; strategy, security, sales) as general management."""

DEPUTIES = "deputy, vice, assistant, associate, stellvertretender, stellvertretende, stellv, adjoint, adjointe, sous, vize, under, adjunct"
"""A c-level word right after one of these is read as vp: the deputy of a chief ranks below the chief."""

ASSISTANTS = """assistant, assistants, assistante, assistent, assistentin, assistenz, asistente, assistente, secretary, secretaire, secretaria,
    sekretar, sekretarin, advisor, adviser, aide, counselor, coach, pa, ea, reporting, reports, report, support, adjutant, beraterin, berater"""
LINKS = "to, of, der, des, de, du, del, do, da, dos, von, zu, zur, zum, van, di, for, la, le, al"
"""A rank after an assistant's word and one of these links belongs to somebody else: "Assistant to the CEO", "Assistentin der
Geschäftsführung"."""

SUPPORTS = "executive assistant, personal assistant, administrative assistant, office of, office of the, office of the ceo, founder associate, founders associate"
"""Phrases after which a rank belongs to somebody else without a link."""

CONNECTIVES = "and, und, et, y, e, en, or"
UNIT_HEADS = {"president": "vp", "managing director": "director", "md": "director"}
"""Titles of the whole company that, right before the name of a unit, head that unit only: "President, National Accounts"."""

NOT_DOERS = """center, computer, customer, water, power, paper, member, other, number, order, border, summer, winter, consumer, server, career,
    master, matter, fiber, timber, rubber, leather, weather, cyber, tower, chapter, charter, color, sector, factor, vendor, labor, motor, error,
    layer, cancer, gender, provider, user, supplier, retailer, dealer, poster, newsletter, printer, router, carrier, container, consortium, over,
    under, after, inter, super, pre, volunteer, customer, door, floor, indoor, outdoor, four, tour, behavior, exterior, interior, investor,
    reactor, conductor, semiconductor, corridor, harbor, armor, major, minor, prior, junior, senior, peer, career, offer, transfer, cover, river,
    silver, liver, letter, quarter, theater, chester, easter, western, eastern, list, artist, assist, mist, mediterranean, christian, indian,
    asian, italian, canadian, australian, brazilian, norwegian, egyptian, russian, persian, man, woman, human, german, business, access, process,
    wellness, fitness, press, express, success, awareness, sickness, for, or, per, her, together, whether, never, ever, either, further"""
"""Words that end like a profession (-er, -or, -ist, -ian, -man) and are none."""
