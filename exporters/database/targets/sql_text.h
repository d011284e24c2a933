// A statement made fit to be shown to people: no literals, no comments, one line, not too long.
//
//   show_statement("UPDATE voucher SET amount = 12.5 WHERE payee = 'Li'  -- note", Engine::postgresql, 500)
//   == "UPDATE voucher SET amount = ? WHERE payee = ?"
//
// Masks rather too much than too little: where servers may read a quote in two ways, all that follows is left out.
#pragma once

#include <string>
#include <string_view>

#include "sql/sql.h"

namespace finwatch::database {

/// Valid UTF-8 of at most `most` bytes, and "…" when something was cut.
std::string show_statement(std::string_view statement, Engine engine, std::size_t most);

}  // namespace finwatch::database
