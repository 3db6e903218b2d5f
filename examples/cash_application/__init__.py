"""Payments of customers against their invoices, guided by remittance advice: who paid how much of what."""
