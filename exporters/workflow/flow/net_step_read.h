// Steps below HTTP: a talk over TCP, a TLS handshake, a question to DNS, a ping.
//
//   tcp: {host: "${mail}", port: 25, talk: [{expect: "^220 (?P<name>\\S+)", send: "EHLO $${name}"}, {expect: "^250 "}]}
//   tls: {host: "${erp}", tls: {ca_file: /etc/ssl/ca.pem}}
//   dns: {server: 192.0.2.53, name: "${erp}", type: AAAA}
//   icmp: {host: "${erp}", payload: 1400, dont_fragment: true}
//
// Each reads the map under its key; what is wrong goes to the compiler, with file:line:column.
#pragma once

#include <string>

#include "workflow/flow/step_compiler.h"

namespace finwatch::workflow {

TcpStep read_tcp(const Tree& tree, const std::string& path, StepCompiler& compiler);
TlsStep read_tls_step(const Tree& tree, const std::string& path, StepCompiler& compiler);
DnsStep read_dns(const Tree& tree, const std::string& path, StepCompiler& compiler);
IcmpStep read_icmp(const Tree& tree, const std::string& path, StepCompiler& compiler);

}  // namespace finwatch::workflow
