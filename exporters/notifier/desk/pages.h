// The pages of the desk, one file each. All run on the desk's thread, with the store at hand.
//
//   Result<WebAnswer> answer = incidents_page(view);      // no_data: 404; unavailable: the journal does not answer, 503
#pragma once

#include "notifier/desk/frame.h"

namespace finwatch::notifier {

Result<WebAnswer> incidents_page(View& view);   // GET /incidents
Result<WebAnswer> incident_page(View& view);    // GET /incident?id=INC-42
Result<WebAnswer> ack_page(View& view);         // GET /ack?t=…
Result<WebAnswer> on_call_page(View& view);     // GET /on-call
Result<WebAnswer> deliveries_page(View& view);  // GET /deliveries
Result<WebAnswer> figures_page(View& view);     // GET /figures?month=2026-11
Result<WebAnswer> code_page(View& view);        // GET /code
Result<WebAnswer> login_page(View& view);       // GET /login

/// What the pages and the REST interface ask the store for, from the queries of the request. malformed names the query.
Result<IncidentQuery> incident_query(const View& view, int most);
Result<DeliveryQuery> delivery_query(const View& view, int most);
/// The incident that `id` (or `incident`) names. malformed, no_data.
Result<Incident> named_incident(const View& view, std::string_view name);
/// The month that is asked for, else the one that runs there now.
Result<Month> named_month(const View& view);

/// The forms of the actions that the visitor may take and that fit the incident; empty when there are none.
std::string action_forms(const View& view, const Incident& incident);
/// A link to a web page, and to nothing else whatever `url` says; empty when it is none.
std::string web_link(std::string_view url, std::string_view words);
/// The runbook and the panels of an incident; `alerts` have the labels that addresses ask for.
std::string incident_links(const View& view, const Incident& incident, const std::vector<AlertRecord>& alerts);
/// A line of a delivery in a table, and the heading of the table.
std::string delivery_heading(const View& view);
std::string delivery_row(const View& view, const Delivery& delivery);

}  // namespace finwatch::notifier
