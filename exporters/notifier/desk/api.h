// The REST interface and the tables for spreadsheets: the same questions as the pages, other answers.
#pragma once

#include "notifier/desk/frame.h"

namespace finwatch::notifier {

Result<WebAnswer> incidents_api(View& view);   // GET /api/v1/incidents
Result<WebAnswer> incident_api(View& view);    // GET /api/v1/incident?id=
Result<WebAnswer> on_call_api(View& view);     // GET /api/v1/on-call?at=
Result<WebAnswer> deliveries_api(View& view);  // GET /api/v1/deliveries
Result<WebAnswer> figures_api(View& view);     // GET /api/v1/figures?month=
Result<WebAnswer> openapi_api(View& view);     // GET /api/v1/openapi.json

Result<WebAnswer> incidents_csv(View& view);   // GET /incidents.csv
Result<WebAnswer> deliveries_csv(View& view);  // GET /deliveries.csv
Result<WebAnswer> figures_csv(View& view);     // GET /figures.csv

/// OpenAPI 3.0.3 of everything below /api/v1.
std::string_view openapi_document();

}  // namespace finwatch::notifier
