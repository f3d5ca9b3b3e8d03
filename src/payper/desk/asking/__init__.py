"""Questions put to a programme's record: what it brought, what it may bring, what to buy."""
