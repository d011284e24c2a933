// TCP, TLS, DNS and ICMP steps as the calls that are made, and what comes back as a body that extractions and expectations look at.
//
//   Result<DnsRequest> request = dns_request_of(step, conversation, resolver);
//   if (!request) return request.error();              // a host that is not allowed, a variable that was not set
//   …
//   answer.body = body_of(result.message);             // {"rcode":"NOERROR",…,"answers":[{"name":"erp.example.",…}]}
#pragma once

#include <string>

#include "workflow/run/machines.h"

namespace finwatch::workflow {

/// unavailable and malformed as Template::render, permission for a host that is not allowed.
Result<TcpRequest> tcp_request_of(const TcpStep& step, Conversation& conversation);
Result<TcpRequest> tcp_request_of(const TlsStep& step, Conversation& conversation);
/// The system's own server is always allowed: names of other steps are asked there as well.
Result<DnsRequest> dns_request_of(const DnsStep& step, Conversation& conversation, const Resolver& resolver);
/// A ping has no port: a host is allowed where the grant names it with any.
Result<IcmpRequest> icmp_request_of(const IcmpStep& step, Conversation& conversation);

/// JSON: version, cipher, verified, verify_text, subject, issuer, serial, fingerprint, names.
std::string body_of(const TlsFacts& facts);
/// JSON: rcode, authoritative, truncated, serial (of an SOA, else null), answers and authority: name, type, ttl, data of each.
std::string body_of(const DnsMessage& message);
/// JSON: bytes, hop_limit (null where the system did not tell).
std::string body_of(const IcmpResult& result);

}  // namespace finwatch::workflow
