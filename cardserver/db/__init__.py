"""The store: tables, migrations, named questions. Transactions begin and end in the services."""
