"""Cash application: customer payments, invoices and remittance advice."""
