#include "workflow/run/http_request.h"

#include <algorithm>

namespace finwatch::workflow {
namespace {

// A browser sends the names of its fields with the same escapes as their values.
Status append_pairs(const std::vector<NamedTemplate>& pairs, Variables& variables, std::string& out) {
  for (const NamedTemplate& pair : pairs) {
    if (!out.empty() && out.back() != '?' && out.back() != '&') out += '&';
    if (Status status = append_escaped(pair.name, Escape::percent, out); !status) return status;
    out += '=';
    if (Status status = pair.text.render(variables, Escape::percent, out); !status) return status;
  }
  return ok();
}

Status render_multipart(const HttpStep& step, Conversation& conversation, HttpRequest& request) {
  // The run's own number cannot be in a value but by our own doing.
  const std::string boundary = "finwatch-" + conversation.trace_id;
  for (const NamedTemplate& field : step.fields) {
    std::string name;
    for (const char c : field.name)
      if (c != '"' && c != '\r' && c != '\n') name += c;
    request.body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n";
    if (Status status = field.text.render(conversation.variables, Escape::none, request.body); !status) return status;
    request.body += "\r\n";
  }
  request.body += "--" + boundary + "--\r\n";
  request.content_type = "multipart/form-data; boundary=" + boundary;
  return ok();
}

Status render_body(const HttpStep& step, Conversation& conversation, HttpRequest& request) {
  Variables& variables = conversation.variables;
  request.content_type = step.content_type;
  switch (step.body) {
    case HttpStep::Body::none: return ok();
    case HttpStep::Body::json: return step.content.render(variables, Escape::json, request.body);
    case HttpStep::Body::xml: return step.content.render(variables, Escape::xml, request.body);
    case HttpStep::Body::text: return step.content.render(variables, Escape::none, request.body);
    case HttpStep::Body::form: return append_pairs(step.fields, variables, request.body);
    case HttpStep::Body::multipart: return render_multipart(step, conversation, request);
  }
  return ok();
}

Status render_who(const HttpStep& step, Variables& variables, HttpAuth& auth) {
  const auto one = [&](const std::optional<Template>& text, auto&& take) -> Status {
    if (!text) return ok();
    std::string value;
    if (Status status = text->render(variables, Escape::header, value); !status) return status;
    take(std::move(value));
    return ok();
  };
  if (Status status = one(step.user, [&](std::string value) { auth.user = std::move(value); }); !status) return status;
  if (Status status = one(step.password, [&](std::string value) { auth.password = Secret(std::move(value)); }); !status)
    return status;
  return one(step.bearer, [&](std::string value) { auth.bearer = Secret(std::move(value)); });
}

}  // namespace

bool may_visit(const Grant& grant, const std::string& host, std::uint16_t port) {
  if (grant.hosts.empty()) return true;
  const std::string shown = host.find(':') == std::string::npos ? host : '[' + host + ']';
  const std::string with_port = shown + ':' + std::to_string(port);
  return std::any_of(grant.hosts.begin(), grant.hosts.end(),
                     [&](const std::string& each) { return each == host || each == shown || each == with_port; });
}

Result<HttpRequest> http_request_of(const HttpStep& step, Conversation& conversation) {
  Variables& variables = conversation.variables;
  HttpRequest request = step.fixed;
  request.method = step.method;
  if (Status status = step.url.render(variables, Escape::none, request.url); !status) return status.error();
  if (!step.query.empty()) {
    request.url += request.url.find('?') == std::string::npos ? '?' : '&';
    if (Status status = append_pairs(step.query, variables, request.url); !status) return status.error();
  }
  bool traced = false;
  for (const NamedTemplate& header : step.headers) {
    Header& added = request.headers.emplace_back(Header{header.name, {}});
    traced = traced || header.name == "traceparent";
    if (Status status = header.text.render(variables, Escape::header, added.value); !status) return status.error();
  }
  if (!traced)
    request.headers.push_back({"traceparent", "00-" + conversation.trace_id + '-' + conversation.trace_id.substr(16) + "-01"});
  if (Status status = render_body(step, conversation, request); !status) return status.error();
  if (Status status = render_who(step, variables, request.auth); !status) return status.error();
  request.cookies = &conversation.cookies;
  const Grant& grant = conversation.flow.grant;
  if (!grant.hosts.empty()) request.may_visit = [&grant](const Url& url) { return may_visit(grant, url.host(), url.port()); };
  return request;
}

}  // namespace finwatch::workflow
