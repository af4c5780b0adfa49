-- A domain is verified for one company. What connections said about domains is carried over by src/store/carry.rs, after this.
CREATE UNIQUE INDEX company_domain_verified_once ON company_domain (domain) WHERE verified_at IS NOT NULL;
