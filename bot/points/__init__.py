"""The programme, the ledger, allowances, balances and boards."""
