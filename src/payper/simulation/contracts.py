# ruff: noqa: E501  # lists of words, headers and contract texts read best one entry a line
"""Contract texts of simulated programmes, as `string.Template`: $$id, $$buyer, $$provider, $$starts, $$ends, and dates of the clauses.

Together they use most of the language: two versions, audience with lists, industries and a rule, questions, consent, duplicates exact and
fuzzy, caps with pace, prices by attribute, tier, offset and percent, all three remedies, holidays, pauses and appointments.
"""

REACH_1 = """\
# Hybrid: leads by telemarketing and e-mail, and meetings held with them.
[contract]
id = "$id"
buyer = "$buyer"
provider = "$provider"
currency = "USD"
timezone = "America/New_York"
starts = $starts
ends = $ends
version = 1
holidays = "US"
business_hours = "08:30-17:30"

[audience]
countries = ["US", "CA"]
employees = "200..10000"
revenue = "20M.."
functions = ["it", "engineering", "security", "operations"]
seniority = "manager.."
suppress = ["lists/customers.csv", "lists/optouts.csv"]

[record]
required = ["email", "first_name", "last_name", "company", "title", "country", "phone"]
email = ["syntax", "business", "not_disposable", "not_role", "mx"]
phone = ["valid", "matches_country"]
consent = { required = true, fields = ["consent_at", "consent_text"], max_age = "90d" }
fresh = "7d"
uncertain = "review"

[duplicate]
match = ["email", "person", "phone"]
within = "180d"
across = "buyer"
crm = true

[caps]
total = 1500
per_day = 24
per_month = 420
per_company = 3
budget = "120000.00"
over = "quarantine"

[[price]]
on = "accepted"
amount = "48.00"

[[price]]
on = "meeting held"
amount = "480.00"
offset = ["accepted"]

[review]
window = "5bd"
silence = "accept"
reasons = ["EMAIL_BOUNCED", "PHONE_WRONG", "LEFT_COMPANY", "DUPLICATE_CRM", "SENIORITY_OUTSIDE"]
evidence = ["EMAIL_BOUNCED"]
cap = "15%"
remedy = "replace"
replace_within = "5bd"
contest_within = "3bd"
undecided = "buyer"

[appointment]
duration = "30m"
notice = "24h"
horizon = "10bd"
held_after = "10m"
proof = ["attendance", "rep", "silence:1bd"]
reschedules = 1
no_show = "reschedule, then void"
attendee = "seniority >= 'director'"

[followup]
first_touch = "4bh"
attempts = 6
within = "10bd"

[[example]]
given = { external_id = "E1", email = "fiona.ashdown@rovanridgesystems.com", first_name = "Fiona", last_name = "Ashdown", company = "Rovanridge Systems Inc.", title = "IT Manager", country = "US", phone = "+1 201 555 0123", employees = "900", revenue = "$$120M", generated_at = ${day1}T10:00:00, delivered_at = ${day1}T15:00:00, consent_at = ${day1}T09:30:00, consent_text = "I agree" }
gives = "accepted"
owes = "48.00"

[[example]]
given = { external_id = "E2", email = "kyle.hollis@rovanridgesystems.com", first_name = "Kyle", last_name = "Hollis", company = "Rovanridge Systems Inc.", title = "IT Intern", country = "US", phone = "+1 201 555 0123", employees = "900", revenue = "$$120M", generated_at = ${day1}T10:00:00, delivered_at = ${day1}T15:00:00, consent_at = ${day1}T09:30:00, consent_text = "I agree" }
gives = "rejected"
reasons = ["SENIORITY_OUTSIDE"]
owes = "0.00"
"""

REACH_2 = (
    REACH_1.replace("version = 1\n", "version = 2\nholds_from = $changes\npauses = [{ from = $pause1, until = $pause2 }]\n")
    .replace(
        'suppress = ["lists/customers.csv", "lists/optouts.csv"]\n',
        'suppress = ["lists/customers.csv", "lists/competitors.csv", "lists/optouts.csv"]\nrule = "employees >= 300 OR industry_code LIKE \'52%\'"\n',
    )
    .replace(
        '[[price]]\non = "accepted"\namount = "48.00"\n',
        """[[price]]
on = "accepted"
amount = "62.00"
when = "seniority >= 'director'"

[[price]]
on = "accepted"
amount = "48.00"
tiers = [{ from = 301, amount = "45.00" }, { from = 501, amount = "41.00" }]
""",
    )
    .replace(
        'amount = "480.00"\noffset = ["accepted"]\n',
        """amount = "480.00"
offset = ["accepted"]

[[price]]
on = "won"
percent = "1.5"
""",
    )
    .replace("${day1}T", "${day2}T")
    + """
[[example]]
given = { external_id = "E3", email = "nora.vaughan@tarncrestcapital.com", first_name = "Nora", last_name = "Vaughan", company = "Tarncrest Capital LLC", title = "Director of IT", country = "US", phone = "+1 201 555 0199", employees = "240", industry = "522110", revenue = "$$60M", generated_at = ${day2}T10:00:00, delivered_at = ${day2}T15:00:00, consent_at = ${day2}T09:30:00, consent_text = "I agree" }
gives = "accepted"
owes = "62.00"
"""
)

SYNDICATE = """\
# Pay per lead: content syndication in north-west Europe, at an even pace, one qualifying question.
[contract]
id = "$id"
buyer = "$buyer"
provider = "$provider"
currency = "GBP"
timezone = "Europe/London"
starts = $starts
ends = $ends
holidays = "GB-ENG"

[audience]
countries = ["GB", "IE", "FR", "NL", "SE"]
employees = "100..20000"
functions = ["it", "engineering", "security", "finance", "marketing"]
seniority = "manager.."
suppress = ["lists/customers.csv", "lists/competitors.csv", "lists/optouts.csv"]

[record]
required = ["email", "first_name", "last_name", "company", "title", "country"]
email = ["syntax", "business", "not_disposable", "not_role"]
phone = ["valid", "matches_country"]
consent = { required = true, fields = ["consent_text"] }
fresh = "10d"
uncertain = "review"

[[record.question]]
field = "timeframe"
accept = ["0-3 months", "3-6 months"]

[duplicate]
match = ["email", "person"]
within = "365d"
across = "buyer"
crm = true

[caps]
total = 1300
per_day = 30
per_company = 4
over = "quarantine"
pace = "even"

[[price]]
on = "accepted"
amount = "27.50"
when = "seniority >= 'vp'"

[[price]]
on = "accepted"
amount = "22.00"
tiers = [{ from = 601, amount = "19.00" }]

[review]
window = "7d"
silence = "accept"
reasons = ["EMAIL_BOUNCED", "PHONE_WRONG", "LEFT_COMPANY", "DENIES_REQUEST", "PERSON_WRONG"]
evidence = ["EMAIL_BOUNCED"]
cap = "10%"
remedy = "replace"
replace_within = "10bd"
contest_within = "2bd"
undecided = "provider"

[followup]
first_touch = "1bd"
attempts = 4
within = "15bd"

[[example]]
given = { external_id = "E1", email = "fiona.ashdown@rovanridgesystems.co.uk", first_name = "Fiona", last_name = "Ashdown", company = "Rovanridge Systems Ltd", title = "Head of IT", country = "United Kingdom", employees = "500-999", answer_timeframe = "0-3 months", generated_at = ${day1}T10:00:00, delivered_at = ${day1}T15:00:00, consent_text = "I agree" }
gives = "accepted"
owes = "22.00"

[[example]]
given = { external_id = "E2", email = "fiona.ashdown@rovanridgesystems.co.uk", first_name = "Fiona", last_name = "Ashdown", company = "Rovanridge Systems Ltd", title = "Head of IT", country = "United Kingdom", employees = "500-999", answer_timeframe = "12 months or more", generated_at = ${day1}T10:00:00, delivered_at = ${day1}T15:00:00, consent_text = "I agree" }
gives = "rejected"
reasons = ["ANSWER_DISQUALIFIES"]
owes = "0.00"
"""

MEETINGS = """\
# Pay per appointment: first meetings with decision-makers in German-speaking countries.
[contract]
id = "$id"
buyer = "$buyer"
provider = "$provider"
currency = "EUR"
timezone = "Europe/Berlin"
starts = $starts
ends = $ends
holidays = "DE-BE"

[audience]
countries = ["DE", "AT", "CH"]
employees = "100.."
functions = ["it", "engineering", "security", "finance", "operations", "procurement"]
suppress = ["lists/customers.csv", "lists/competitors.csv", "lists/optouts.csv"]

[record]
required = ["email", "first_name", "last_name", "company", "title", "country", "phone", "meeting_at"]
email = ["syntax", "business", "not_disposable", "not_role"]
phone = ["valid", "matches_country"]
consent = { required = true, fields = ["consent_text"] }
uncertain = "review"

[duplicate]
match = ["email", "person"]
within = "90d"
across = "contract"

[caps]
total = 400
per_month = 90
per_company = 2
over = "quarantine"

[[price]]
on = "meeting held"
amount = "420.00"
when = "employees >= 1000"

[[price]]
on = "meeting held"
amount = "360.00"

[review]
window = "3bd"
silence = "accept"
reasons = ["PERSON_WRONG", "LEFT_COMPANY", "NO_SHOW_PROSPECT", "TOO_SHORT"]
cap = "20%"
remedy = "credit"
contest_within = "2bd"
undecided = "buyer"

[appointment]
duration = "30m"
notice = "24h"
horizon = "15bd"
held_after = "10m"
proof = ["attendance", "rep", "silence:1bd"]
reschedules = 1
no_show = "reschedule, then void"
attendee = "seniority >= 'manager'"

[[example]]
given = { external_id = "E1", email = "elke.kirchhoff@rovanridgesystems.de", first_name = "Elke", last_name = "Kirchhoff", company = "Rovanridge Systems GmbH", title = "Leiter IT", country = "Deutschland", phone = "030 23125012", employees = "1200", delivered_at = ${day1}T10:00:00, meeting_at = ${day3}T10:00:00, consent_text = "Ja" }
gives = "accepted"
owes = "420.00"

[[example]]
given = { external_id = "E2", email = "elke.kirchhoff@rovanridgesystems.de", first_name = "Elke", last_name = "Kirchhoff", company = "Rovanridge Systems GmbH", title = "Leiter IT", country = "Deutschland", phone = "030 23125012", employees = "1200", delivered_at = ${day1}T10:00:00, meeting_at = ${day1}T15:00:00, consent_text = "Ja" }
gives = "rejected"
reasons = ["NOTICE_TOO_SHORT"]
owes = "0.00"
"""

EMEA = """\
# Hybrid on named accounts: leads and meetings, paid further as they progress.
[contract]
id = "$id"
buyer = "$buyer"
provider = "$provider"
currency = "EUR"
timezone = "Europe/London"
starts = $starts
ends = $ends
holidays = "GB-ENG"

[audience]
countries = ["GB", "DE", "FR", "ES", "IT", "PL"]
employees = "200.."
functions = ["it", "engineering", "security"]
seniority = "manager.."
companies = { only = "lists/target-companies.csv" }
suppress = ["lists/customers.csv", "lists/optouts.csv"]

[record]
required = ["email", "first_name", "last_name", "company", "title", "country"]
email = ["syntax", "business", "not_disposable", "not_role"]
phone = ["valid", "matches_country"]
consent = { required = true, fields = ["consent_at", "consent_text"], max_age = "60d" }
fresh = "7d"
uncertain = "review"

[duplicate]
match = ["email", "person", "fuzzy"]
within = "180d"
across = "buyer"
crm = true

[caps]
total = 700
per_company = 12
budget = "60000.00"
over = "reject"

[[price]]
on = "accepted"
amount = "55.00"

[[price]]
on = "qualified"
amount = "90.00"
offset = ["accepted"]

[[price]]
on = "meeting held"
amount = "520.00"
offset = ["accepted", "qualified"]

[[price]]
on = "won"
percent = "2"

[review]
window = "5bd"
silence = "accept"
reasons = ["EMAIL_BOUNCED", "PHONE_WRONG", "LEFT_COMPANY"]
evidence = ["EMAIL_BOUNCED"]
cap = "10%"
remedy = "partial:85%"
contest_within = "3bd"
undecided = "buyer"

[appointment]
duration = "30m"
notice = "24h"
horizon = "15bd"
held_after = "15m"
proof = ["attendance", "rep", "silence:2bd"]
reschedules = 1
no_show = "reschedule, then charge"

[followup]
first_touch = "8bh"
attempts = 5
within = "10bd"

[[example]]
given = { external_id = "E1", email = "laurent.tessier@$target", first_name = "Laurent", last_name = "Tessier", company = "$target_name", title = "CIO", country = "France", employees = "1200", generated_at = ${day1}T10:00:00, delivered_at = ${day1}T15:00:00, consent_at = ${day1}T09:30:00, consent_text = "J'accepte" }
gives = "accepted"
owes = "55.00"

[[example]]
given = { external_id = "E2", email = "laurent.tessier@nobodysdomain-forge.fr", first_name = "Laurent", last_name = "Tessier", company = "Nobodys Forge SA", title = "CIO", country = "France", employees = "1200", generated_at = ${day1}T10:00:00, delivered_at = ${day1}T15:00:00, consent_at = ${day1}T09:30:00, consent_text = "J'accepte" }
gives = "rejected"
reasons = ["COMPANY_NOT_TARGETED"]
owes = "0.00"
"""
