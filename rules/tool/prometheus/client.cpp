#include "rules/tool/prometheus/client.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "http/http.h"
#include "rules/tool/prometheus/answer.h"

namespace finwatch::rules {

namespace {

// What an operator does next about it.
std::string_view advice(Errc code) {
  switch (code) {
    case Errc::unavailable: return "; is Prometheus running there? --prometheus.url names another";
    case Errc::permission:
    case Errc::config: return "; --prometheus.ca-file names those who may sign its certificate";
    case Errc::timeout: return "; --timeout gives it longer";
    default: return "";
  }
}

std::string first_line(std::string_view body) {
  const std::string_view line = trim(body.substr(0, body.find('\n')));
  return valid_utf8(line.substr(0, 120));
}

}  // namespace

Result<HttpPrometheus> HttpPrometheus::open(PrometheusOptions options) {
  const std::string& url = options.url;
  const std::string shown =
      "--prometheus.url: expected an address such as http://127.0.0.1:9090, found '" + valid_utf8(url) + "'";
  const bool https = url.starts_with("https://");
  if (!https && !url.starts_with("http://")) return {Errc::config, shown};
  const std::string_view behind = std::string_view(url).substr(https ? 8 : 7);
  // Not shown: it may hold a password.
  if (behind.substr(0, behind.find('/')).find('@') != std::string_view::npos)
    return {Errc::config,
            "--prometheus.url: a user in the address is seen by everybody who lists processes; "
            "give --prometheus.user and --prometheus.password-file"};
  if (behind.empty() || behind.front() == '/' || behind.find_first_of("?# \t\r\n") != std::string_view::npos)
    return {Errc::config, shown};
  if (!options.user.empty() && !options.bearer.empty())
    return {Errc::config, "a user and a bearer token: Prometheus is told one of them, not both"};
  while (options.url.ends_with('/')) options.url.pop_back();
  return HttpPrometheus(std::move(options));
}

Error HttpPrometheus::failed(Errc code, const std::string& what) const { return {code, options_.url + ": " + what}; }

Result<HttpReply> HttpPrometheus::send(const std::string& path, const Form& form, bool in_url) const {
  std::string fields;
  for (const auto& [name, value] : form)
    fields.append(fields.empty() ? "" : "&").append(name).append("=").append(url_part(value));
  HttpRequest call{.url = options_.url + path,
                   .form = fields,
                   .user = options_.user,
                   .password = options_.password,
                   .bearer = options_.bearer,
                   .ca_file = options_.ca_file,
                   .timeout = options_.timeout,
                   .most_bytes = options_.most_bytes};
  if (in_url) {
    call.url += "?" + fields;
    call.form.reset();
  }
  Result<HttpReply> reply = http(call);
  if (!reply) return failed(reply.error().code, reply.error().message + std::string(advice(reply.error().code)));
  return reply;
}

Result<std::string> HttpPrometheus::ask(const std::string& path, const Form& form) const {
  Result<HttpReply> reply = send(path, form, false);
  if (reply && reply->status == 405) reply = send(path, form, true);  // a gate that lets nothing but GET through
  if (!reply) return reply.error();
  const long status = reply->status;
  if (status == 200) return std::move(reply->body);
  const std::string answered = "answered " + std::to_string(status);
  if (status == 401 || status == 403)
    return failed(Errc::permission,
                  answered + ": give --prometheus.user and --prometheus.password-file, or --prometheus.bearer-file");
  const std::string said = prometheus_error(reply->body);
  if (!said.empty())
    return failed(status == 503 ? Errc::timeout : Errc::config, answered + ": " + said + "; asked for " + form.front().second);
  if (status >= 300 && status < 400) return failed(Errc::config, answered + ", a redirect: give the address it leads to");
  return failed(status >= 500 ? Errc::unavailable : Errc::config,
                answered + " to " + path + (reply->body.empty() ? "" : ": " + first_line(reply->body)) +
                    (status == 404 ? "; is that the address of Prometheus, with its path?" : ""));
}

void HttpPrometheus::keep_warnings(std::vector<std::string> said) {
  for (std::string& one : said)
    if (std::find(warnings_.begin(), warnings_.end(), one) == warnings_.end()) warnings_.push_back(std::move(one));
}

Result<std::vector<Sample>> HttpPrometheus::at(const std::string& expression, Moment when) {
  const Result<std::string> body =
      ask("/api/v1/query", {{"query", expression}, {"time", std::to_string(when.time_since_epoch().count())}});
  if (!body) return body.error();
  Result<Answer> answer = read_answer(*body);
  if (!answer) return failed(answer.error().code, answer.error().message);
  keep_warnings(std::move(answer->warnings));
  return std::move(answer->samples);
}

Result<std::vector<Series>> HttpPrometheus::over(const std::string& expression, Moment from, Moment to,
                                                 std::chrono::seconds step) {
  const Result<std::string> body = ask("/api/v1/query_range", {{"query", expression},
                                                               {"start", std::to_string(from.time_since_epoch().count())},
                                                               {"end", std::to_string(to.time_since_epoch().count())},
                                                               {"step", std::to_string(step.count())}});
  if (!body) return body.error();
  Result<Answer> answer = read_answer(*body);
  if (!answer) return failed(answer.error().code, answer.error().message);
  keep_warnings(std::move(answer->warnings));
  return std::move(answer->series);
}

}  // namespace finwatch::rules
