// Letters by a mail server of the house.
#include "notifier/channel/mail_text.h"
#include "notifier/channel/setup_files.h"
#include "notifier/channel/smtp.h"
#include "notifier/channel/verdict.h"

namespace finwatch::notifier {
namespace {

class Email final : public Channel {
 public:
  Email(SmtpCall call, Mailbox from, const Clock& clock) : call_(std::move(call)), from_(std::move(from)), clock_(&clock) {}

  Receipt send(const Message& message, SteadyTime deadline) override {
    const Letter letter = letter_of(message, from_);
    SmtpCall call = call_;
    for (const Mailbox& person : letter.to) {
      if (!is_address(person.address))
        return {Verdict::refused, "address", note_of("邮箱地址有误", "the address is not valid"), {}, {}};
      call.to.push_back(person.address);
    }
    if (call.to.empty()) return {Verdict::refused, "address", note_of("没有邮箱地址", "no address"), {}, {}};
    call.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock_->steady());
    if (call.timeout.count() <= 0)
      return {Verdict::later, "deadline", note_of("没来得及发", "no time was left to send it"), {}, {}};
    call.text = letter_text(letter);
    Receipt receipt = send_letter(call);
    if (receipt.verdict == Verdict::accepted) receipt.provider_id = letter.message_id;
    return receipt;
  }

 private:
  SmtpCall call_;
  Mailbox from_;
  const Clock* clock_;
};

}  // namespace

Result<std::unique_ptr<Channel>> open_email(const EmailSetup& setup, const ChannelWorld& world) {
  Result<std::string> url = smtp_url(setup.smarthost);
  if (!url) return url.error();
  Mailbox from = parse_mailbox(setup.from);
  if (!is_address(from.address))
    return {Errc::config, "channels.email.from: '" + setup.from + "' is no address, as finwatch@example.com"};
  SmtpCall call{.url = *std::move(url),
                .from = from.address,
                .to = {},
                .text = {},
                .user = setup.user,
                .password = {},
                .require_tls = setup.require_tls,
                .ca_file = world.ca_file};
  if (!setup.user.empty()) {
    Result<Secret> password = read_secret_file("channels.email.password_file", setup.password_file);
    if (!password) return password.error();
    call.password = *std::move(password);
  }
  return std::unique_ptr<Channel>(std::make_unique<Email>(std::move(call), std::move(from), clock_of(world)));
}

}  // namespace finwatch::notifier
