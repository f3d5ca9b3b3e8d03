# ruff: noqa: E501 - tables of words; a line is one entry and its spellings
"""The labels of industry pick-lists (LinkedIn, HubSpot, Salesforce and plain forms) with the NAICS 2022 codes that payper reads them as.

These labels are no classification and say less than a code; each is mapped to the narrowest codes that hold what the label is used for.
Several codes mean that the label spans them. docs/normalising-companies.md lists the table.
"""

from __future__ import annotations

LABELS = """
Accounting: 5412
Advertising, Advertising Services, Advertising and Marketing, Marketing and Advertising, Marketing, Marketing Services, Market Research: 5418 54191 541613
Aerospace, Airlines Aviation, Airlines and Aviation, Aviation and Aerospace, Aviation and Aerospace Component Manufacturing, Aviation: 481 3364 4881
Airlines: 481
Agriculture, Farming, Farming Ranching Forestry, Ranching, Agriculture and Forestry, Agribusiness: 11
Alternative Medicine: 6213
Animation, Animation and Post production: 51219
Apparel, Apparel and Fashion, Apparel Manufacturing, Fashion, Retail Apparel and Fashion: 315 4581
Architecture, Architecture and Planning: 5413
Arts and Crafts, Artists and Writers, Fine Art: 7115
Automotive, Automobile, Motor Vehicle Manufacturing: 3361 3362 3363 4231 441
Banking, Banks, Commercial Banking: 5221
Biotechnology, Biotech, Biotechnology Research, Life Sciences: 541714
Broadcast Media, Broadcasting, Broadcast Media Production and Distribution: 516
Building Materials, Wholesale Building Materials: 4233 444 327
Business Supplies and Equipment, Office Equipment: 4234 4241
Business Consulting and Services, Management Consulting, Consulting, Business Consulting, Strategic Management Services: 5416
Business Services, Professional Services, Professional Business Services: 54 561
Capital Markets, Investment Banking, Securities: 523
Chemicals, Chemical, Chemical Manufacturing: 325
Civic and Social Organization, Civic and Social Organizations: 8134
Civil Engineering, Engineering Services, Engineering: 54133
Commercial Real Estate, Leasing Real Estate, Leasing Non residential Real Estate: 531
Communications, Telecommunications, Telecom, Telecoms, Telecommunication: 517
Computer and Network Security, Network Security, Cybersecurity, Computer Security, Cyber Security: 5415 5132
Computer Games, Video Games, Gaming, Mobile Games: 5132
Computer Hardware, Computer Hardware Manufacturing, Hardware: 3341
Computer Networking, Computer Networking Products: 3342 5415
Computer Software, Software, Software Development, SaaS, Software as a Service, Enterprise Software, Internet Software and Services, Software and Internet: 5132
Construction, Building Construction, Construction and Engineering: 23
Consumer Electronics, Electronics: 3343 449210
Consumer Goods, Manufacturing Consumer Goods, FMCG, CPG, Consumer Packaged Goods: 31-33
Consumer Services, Personal Services: 812
Cosmetics, Personal Care Product Manufacturing, Beauty: 32562
Dairy, Dairy Product Manufacturing: 3115
Defense and Space, Defense, Defense and Space Manufacturing, Aerospace and Defense: 3364 928110
Design, Design Services, Graphic Design: 5414
E learning, E Learning Providers, Online Education, Elearning, Edtech: 6117 6114 5132
Ecommerce, E commerce, Online Retail, Internet Retail: 44-45
Education, Education Management, Educational Services, Education Administration Programs: 61
Higher Education, Universities, Colleges and Universities: 6113
Primary Secondary Education, Primary and Secondary Education, K 12 Education, K12 Education, Schools: 6111
Electrical Electronic Manufacturing, Electrical and Electronic Manufacturing, Appliances Electrical and Electronics Manufacturing: 334 335
Energy, Oil and Energy, Energy and Utilities, Energy Utilities and Waste: 211 213 221 324
Oil and Gas, Oil Gas: 211 213 324
Entertainment, Entertainment Providers, Media and Entertainment, Media Entertainment: 71 512
Environmental Services, Environment, Waste Management: 562
Events Services, Event Services, Events: 56192
Executive Office, Government Administration, Government, Public Sector, Federal Government, State Government, Local Government, Public Administration: 92
Facilities Services: 5612 5617
Financial Services, Finance, Financial, Banking and Finance, Fintech, Finance and Banking: 52
Fishery, Fisheries: 1141 1125
Food and Beverages, Food Beverage, Food and Beverage, Food and Beverage Manufacturing, Food and Beverage Services: 311 312
Food Production, Food Manufacturing: 311
Fund Raising, Fundraising, Philanthropic Fundraising Services: 8132 561499
Furniture, Furniture and Home Furnishings Manufacturing: 337 4491
Gambling and Casinos, Gambling Facilities and Casinos, Casinos: 7132
Glass Ceramics and Concrete, Glass Ceramics and Concrete Manufacturing: 327
Government Relations, Government Relations Services, Public Relations and Communications, Public Relations, Public Relations and Communications Services: 54182
Health Wellness and Fitness, Wellness and Fitness Services, Fitness: 71394 621
Healthcare, Health Care, Hospital and Health Care, Hospitals and Health Care, Hospital, Hospitals, Health Services, Healthcare Services: 62
Hospitality, Hotels, Hotels and Motels, Lodging: 7211
Hospitality and Tourism, Leisure and Hospitality, Travel and Hospitality: 72
Human Resources, Human Resources Services, HR: 5613 541612
Import and Export, Wholesale Import and Export, Trading: 42
Individual and Family Services: 6241
Industrial Automation, Automation Machinery Manufacturing: 3339 3345
Information Services, Information: 51
Information Technology and Services, Information Technology, IT, IT Services, IT Services and IT Consulting, IT Consulting, Technology, Tech, High Tech, Information Technology and IT Services, ICT: 5415
Insurance, Insurance Carriers, Insurtech: 524
International Affairs: 928120
International Trade and Development: 42 928120
Internet, Internet Publishing, Technology Information and Internet, Internet Marketplace Platforms: 5192 516210 518
Investment Management, Asset Management, Private Equity, Venture Capital, Venture Capital and Private Equity, Venture Capital and Private Equity Principals, Wealth Management: 523
Judiciary, Administration of Justice: 92211
Law Enforcement: 92212
Law Practice, Legal Services, Legal, Law Firms, Law Firm, Law: 5411
Legislative Office, Legislative Offices: 92112
Leisure Travel and Tourism, Travel, Travel Arrangements, Tourism, Travel and Tourism, Leisure and Travel: 5615
Libraries, Library: 51921
Logistics and Supply Chain, Logistics, Supply Chain, Transportation Logistics Supply Chain and Storage: 48-49
Luxury Goods and Jewelry, Retail Luxury Goods and Jewelry: 33991 4583
Machinery, Machinery Manufacturing, Industrial Machinery Manufacturing, Industrial Equipment: 333
Manufacturing, Industrial Manufacturing, Industrials, Industrial, Manufacturing and Production: 31-33
Maritime, Maritime Transportation, Shipping: 483 4883
Mechanical or Industrial Engineering, Mechanical and Industrial Engineering: 54133
Media, Media Production: 512
Medical Devices, Medical Device, Medical Equipment Manufacturing, Medical Equipment: 3391 334510
Medical Practice, Medical Practices, Physicians: 6211
Mental Health Care: 62133 62142
Military, Armed Forces: 928110
Mining, Mining and Metals, Metals and Mining: 212 331
Motion Pictures and Film, Movies Videos and Sound, Film: 5121
Museums and Institutions, Museums Historical Sites and Zoos, Museums: 712
Music, Musicians: 5122 71113
Nanotechnology, Nanotechnology Research: 541713
Newspapers, Newspaper Publishing: 51311
Non Profit Organization Management, Nonprofit, Non profit, Non profit Organizations, Nonprofit Organization Management, Not for Profit, NGO, Nonprofit Organizations: 813
Online Media, Online Audio and Video Media, Social Media: 516210
Outsourcing Offshoring, Outsourcing and Offshoring Consulting, BPO: 561
Package Freight Delivery, Freight and Package Transportation: 492
Packaging and Containers, Packaging and Containers Manufacturing: 3222 32619 32721 33243
Paper and Forest Products, Paper and Forest Product Manufacturing: 113 321 322
Performing Arts: 711
Pharmaceuticals, Pharmaceutical Manufacturing, Pharma, Pharmaceutical: 3254
Photography: 54192
Plastics, Plastics Manufacturing, Plastics and Rubber Product Manufacturing: 326
Political Organization, Political Organizations: 81394
Printing, Printing Services: 323
Professional Training and Coaching: 6114
Program Development: 5415
Public Policy, Public Policy Offices, Think Tanks: 541720
Public Safety: 9221
Publishing, Book and Periodical Publishing, Book Publishing: 5131
Railroad Manufacture, Railroad Equipment Manufacturing: 3365
Real Estate, Property: 531
Recreational Facilities and Services, Recreational Facilities, Recreation, Sports: 71
Religious Institutions, Religious Organizations: 8131
Renewables and Environment, Renewable Energy, Renewables, Services for Renewable Energy, Clean Energy: 2211
Research, Research Services: 5417
Restaurants, Restaurant, Food Service: 7225
Retail, Retail Trade, Consumer Retail: 44-45
Security and Investigations: 5616
Semiconductors, Semiconductor Manufacturing, Semiconductor: 3344
Shipbuilding: 3366
Sporting Goods, Sporting Goods Manufacturing: 33992 45911
Staffing and Recruiting, Staffing, Recruiting, Recruitment, Staffing and Recruitment: 5613
Supermarkets, Retail Groceries, Groceries: 4451
Textiles, Textile Manufacturing: 313 314
Tobacco, Tobacco Manufacturing: 3122
Translation and Localization: 54193
Transportation Trucking Railroad, Transportation, Truck Transportation, Transport, Transportation and Logistics, Transportation and Warehousing, Trucking: 48-49
Utilities, Utility: 221
Veterinary, Veterinary Services: 54194
Warehousing, Warehousing and Storage: 493
Wholesale, Wholesale Trade, Wholesale Distribution, Distribution: 42
Wine and Spirits, Beverage Manufacturing: 3121
Wireless: 517
Writing and Editing: 7115
"""
"""Labels, read as words (case, `&` and punctuation do not matter), to one or more NAICS 2022 codes."""
