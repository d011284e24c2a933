// The four ways to probe, each in its own file. Only probe.cpp uses it.
//
//   std::unique_ptr<Probe> probe = make_tcp_probe(network, std::move(order));
#pragma once

#include "workflow/probe/probe.h"

namespace finwatch::workflow {

std::unique_ptr<Probe> make_http_probe(const Network& network, ProbeOrder order);
std::unique_ptr<Probe> make_tcp_probe(const Network& network, ProbeOrder order);
std::unique_ptr<Probe> make_dns_probe(const Network& network, ProbeOrder order);
std::unique_ptr<Probe> make_icmp_probe(const Network& network, ProbeOrder order);

}  // namespace finwatch::workflow
