// What an X.509 certificate says, put into TlsFacts.
//
//   describe_leaf(*leaf, facts);
//   facts.earliest_not_after = std::min(facts.earliest_not_after, not_after(*issuer));
//   if (!matches_host(*leaf, "erp.example")) …
#pragma once

#include <string>

#include "workflow/net/tls.h"

struct x509_st;  // OpenSSL's X509

namespace finwatch::workflow {

WallTime not_after(const x509_st& certificate);

/// Subject, issuer, serial, fingerprint, names, dates.
void describe_leaf(x509_st& certificate, TlsFacts& facts);

/// Is it made out to this DNS name or address?
bool matches_host(x509_st& certificate, const std::string& host);

/// An address, without brackets, rather than a name?
bool is_address(const std::string& host);

}  // namespace finwatch::workflow
