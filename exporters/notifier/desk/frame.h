// What every page of the desk has around it, and the small pieces that pages are put together from.
//
//   std::string page = frame_begin(view, kTitle.in(view.language()), Place::incidents);
//   page += "<p>" + as_text(name) + "</p>\n";
//   return page_answer(view, 200, std::move(page));
//
// Nothing from elsewhere; the style carries the nonce that the Content-Security-Policy names, and the one script is named there by its
// digest (ticking.h). No style attributes either.
#pragma once

#include <string>

#include "notifier/desk/access.h"
#include "notifier/desk/reading.h"
#include "notifier/desk/visit.h"
#include "notifier/desk/words.h"
#include "notifier/store/store.h"

namespace finwatch::notifier {

/// Whether this instance leads, and who does.
struct Leading {
  bool leads = true;
  std::string leader;
};

/// What an answer is made from.
struct View {
  const Visit& visit;
  const std::shared_ptr<const Setup>& setup;
  const Leading& leading;
  WallTime now;
  Store* store = nullptr;  // there whenever a page that asks for it is made

  const Contract& contract() const { return *setup->contract; }
  Language language() const { return visit.language; }
  std::string_view say(const Phrase& phrase) const { return phrase.in(visit.language); }
};

enum class Place : unsigned char { incidents, on_call, deliveries, figures, nowhere };

/// Up to and with the heading.
std::string frame_begin(const View& view, std::string_view title, Place place, int refresh_seconds = 0);
/// Ends the page, and sends it with the headers of every page.
WebAnswer page_answer(const View& view, int code, std::string page);
/// After a POST: the browser GETs that, so a page sent twice acts once.
WebAnswer see_other(const View& view, const std::string& target);
/// JSON below /api, a page elsewhere.
WebAnswer refusal(const View& view, int code, std::string_view message);
/// The status that an error of the store or the engine is told with.
int status_of(Errc code);
void add_headers(const View& view, WebAnswer& answer);
/// Of the REST interface.
WebAnswer json_answer(const View& view, std::string json);

/// `name="value"` with a blank before it, the value escaped.
std::string attribute(std::string_view name, std::string_view value);
std::string time_tag(const View& view, WallTime time);
std::string badge(std::string_view kind, std::string_view words);
/// The severity's colour: "grave", "middle", "mild", by its rank among those of the contract.
std::string_view gravity(const Contract& contract, int rank);
/// A page that shows them ends with ticking_script().
std::string clock_bars(const View& view, const Sheet& sheet);
/// Number, title, badges, where and when.
std::string incident_head(const View& view, const Sheet& sheet);
std::string fact(std::string_view name, const std::string& html);
/// A form that POSTs, tied to who looks at it.
std::string form_begin(const View& view, std::string_view target, std::string_view purpose);
std::string hidden(std::string_view name, std::string_view value);
std::string option(std::string_view value, std::string_view words, std::string_view chosen);
/// `path` with the queries of this request, of which `name` is changed; without it where `value` is empty.
std::string link_with(const View& view, std::string_view name, std::string_view value);

}  // namespace finwatch::notifier
