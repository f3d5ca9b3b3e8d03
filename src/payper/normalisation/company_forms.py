# ruff: noqa: E501 - tables of words; a line is one family of forms
"""Legal forms of companies that the package cleanco lacks, and those of its terms that are too often no form."""

from __future__ import annotations

MORE_FORMS = """Limited, Ltd, Inc, Incorporated, Corporation, Corp, Company, Co, and Co, and Company, GmbH and Co KG, GmbH and Co KGaA, GmbH and Co OHG, GmbH Co KG,
    mbH and Co KG, AG and Co KG, AG and Co KGaA, UG, UG haftungsbeschränkt, gGmbH, mbH, SE, eG, eK, e Kfm, PartG mbB, PartGmbB, KGaA, Aktiengesellschaft, Gesellschaft mit beschränkter Haftung,
    SA de CV, S de RL de CV, S de RL, SAPI de CV, SAB de CV, SA de CV SOFOM ENR, SC, SAS, SASU, SCA, SCI, SCOP, EIRL, SpA, Srls, SNC, Ltda ME, EIRELI, Lda, Unipessoal Lda, SLU, SAU, SLP, SCP, S Coop,
    Pty Ltd, Pty Limited, Pty, Proprietary Limited, Pte Ltd, Pte Limited, Private Limited, Pvt Ltd, Pvt Limited, P Ltd, Public Limited Company, Sdn Bhd, Bhd, Berhad, Tbk, PT Tbk, Persero Tbk,
    Sp z oo, Spz oo, Sp z o o, Sp zoo, spolka z oo, spolka akcyjna, Sp k, Sp j, SKA, as, ApS, IVS, AB publ, ASA, Oyj, Oy Ab, Ab Oy, OU, AS, Kft, Zrt, Nyrt, Bt, sro, spol s ro, doo, dd, ad, EOOD, OOD, EAD, AD, JSC, PJSC, OJSC, CJSC, LLC, PLLC, LLP, LLLP, LP, PLC, PC, PA, NA, NV SA,
    KK, K K, GK, YK, Kabushiki Kaisha, Kabushikigaisha, Godo Kaisha, Yugen Kaisha, Co Ltd, Company Limited, Co KG, Co Pte Ltd, Corporation Limited, HK Ltd, Ltd Sti, Ltd Şti, Limited Şirketi, AŞ, A Ş, Anonim Şirketi, SAOG, SAOC, WLL, FZE, FZCO, FZ LLC, FZLLC, DMCC, BSC, KSC, KSCP, QSC, QPSC, SAE,
    BV, NV, VOF, CV, BVBA, CVBA, SPRL, ASBL, VZW, SRL, SARL, Sàrl, Sagl, Anstalt, Société Anonyme, Sociedad Anónima, Sociedade Anônima, Società per Azioni, Unlimited, Unltd, DAC, CLG, CIC, CIO, Teoranta, LC, Chartered, ULC, Ltee, Limitee, Enr,
    ООО, ОАО, ЗАО, ПАО, АО, ИП, ТОВ, ТОО"""
NOT_FORMS = "ok et at da uk ad sep sem ba bl sf ud fa gp sp ep og mb ei ec ev ps pp ent private etat dat vat bm ik hf nl lp oe ee st ks kt kd sd ay ao ie pc pa na sc cv cpt se eu is ss sal sad ca ses stg pse psu teo saa sab enr sci aat sau slu scp slp gs crl od rt"
"""Terms that are more often a word, a place or a brand's own letters than a form; they go only inside a longer form (`AG & Co KG`) or when
written as a form below."""
KEPT_FORMS = "se lp hf ks ay sc nl ao"
