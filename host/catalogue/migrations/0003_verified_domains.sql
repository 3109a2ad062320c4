-- Domains that a key may ask about as a whole, and what was found when it last did.
CREATE TABLE verified_domains (
    api_key BIGINT NOT NULL REFERENCES api_keys (id),
    domain TEXT NOT NULL,
    verified_at BIGINT NOT NULL,
    accounts BIGINT,
    accounts_outside_spam_lists BIGINT,
    PRIMARY KEY (api_key, domain)
);
