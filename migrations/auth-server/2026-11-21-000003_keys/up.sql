-- The life of a signing key: pending (published, not signing) -> active -> retiring (published, not
-- signing) -> gone. Each step is the moment at which it was taken, in the database's clock.
create table signing_keys (
    kid text primary key,
    algorithm text not null
        constraint signing_keys_algorithm_known check (algorithm = 'RS256'),
    public_key bytea not null,
    sealed_private_key bytea,
    master_key_id bytea,
    published_at timestamptz not null default now(),
    activated_at timestamptz,
    retired_at timestamptz,
    gone_at timestamptz,
    constraint signing_keys_life check (
        (retired_at is null or activated_at is not null)
        and (gone_at is null) = (sealed_private_key is not null)
        and (gone_at is null) = (master_key_id is not null)
    )
);

create unique index signing_keys_one_active on signing_keys ((true))
    where activated_at is not null and retired_at is null and gone_at is null;

comment on table signing_keys is 'RSA keys that sign access tokens; rows of gone keys stay as a record, without their private key.';
comment on column signing_keys.kid is 'RFC 7638 thumbprint of the public key.';
comment on column signing_keys.public_key is 'SubjectPublicKeyInfo, DER.';
comment on column signing_keys.sealed_private_key is 'PKCS#8, AES-256-GCM (nonce, ciphertext, tag) under the named master key; associated data: kid and algorithm.';
comment on column signing_keys.master_key_id is 'Which master key sealed the private key.';

create table peppers (
    id smallint primary key,
    sealed_secret bytea not null,
    master_key_id bytea not null,
    created_at timestamptz not null default now()
);

comment on table peppers is 'Secrets mixed into passwords before bcrypt, sealed like private keys: a database dump alone does not let anyone guess passwords.';
comment on column peppers.id is 'Stands in the prefix of each password hash; the highest is used for new hashes.';
