"""Terms: the contract language, from text to values, findings, plain English and differences."""
