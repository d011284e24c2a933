// One connection and the request it is at: head, body, admission, answer. Nothing is allocated for the second request.
#pragma once

#include <microhttpd.h>

#include <array>
#include <initializer_list>

#include "web/pending.h"
#include "web/query.h"
#include "web/site.h"

namespace finwatch {

class Exchange final : public Reaper::Watched {
 public:
  Exchange(Site& site, MHD_Connection* connection, int socket)
      : Watched(socket), site_(site), connection_(connection), pending_(std::make_shared<Pending>()) {
    site_.reaper.add(*this);
  }

  // What libmicrohttpd tells of the connection, in this order.
  void request_line(const char* target);
  MHD_Result handle(const char* method, const char* body, std::size_t* body_size);
  void completed();
  void closed();  // deletes this once the last answer has been let go

  void cut() { pending_->cut(); }

  std::shared_ptr<const Policy> tls_policy;  // in use by the TLS session for as long as the connection lives

 private:
  enum class Stage : unsigned char { head, body, password, page, reply };
  enum class Verb : unsigned char { get, head, post, other };
  using Header = std::pair<const char*, std::string_view>;
  struct View;

  MHD_Result head(std::string_view method);
  MHD_Result admit();
  MHD_Result check_password();
  MHD_Result dispatch();
  MHD_Result metrics();
  MHD_Result metrics_page();
  MHD_Result reload();
  MHD_Result reply();
  MHD_Result park(Stage stage);

  void find_place();
  bool is_place(std::string_view path, Verb verb, std::size_t most_body);
  std::string_view header(const char* name) const;
  std::vector<std::string> client_names() const;
  std::string peer() const;
  MHD_Result text(unsigned code, std::string_view text, std::initializer_list<Header> headers = {});
  MHD_Result send(MHD_Response* response, unsigned code, std::initializer_list<Header> headers);
  static void let_go(void* exchange);
  void drop();

  Site& site_;
  MHD_Connection* const connection_;
  std::shared_ptr<Pending> pending_;
  std::shared_ptr<const Policy> policy_;
  PageRef page_;                 // while libmicrohttpd sends it
  std::atomic<int> holders_{1};  // the connection, and an answer that is being sent

  std::string target_;
  std::string path_;
  std::string body_;
  std::string_view query_;
  const Route* route_ = nullptr;
  std::size_t most_body_ = 0;
  std::size_t body_seen_ = 0;
  PageShape shape_;
  Stage stage_ = Stage::head;
  Verb verb_ = Verb::other;
  bool bad_target_ = false;
  bool found_ = false;      // the path exists
  bool verb_fits_ = false;  // and for this verb
  bool takes_get_ = false;
  bool takes_post_ = false;
  bool counted_ = false;   // in Site::requests
  bool has_slot_ = false;  // in Site::metrics_in_flight
};

}  // namespace finwatch
