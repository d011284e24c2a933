// The text of a statement as a label may hold it: no literal (CREATE ROLE … PASSWORD stands in pg_stat_statements as it was typed),
// no comment, one blank between words, cut where a character ends.
//
//   statement_text("SELECT *\n  FROM voucher -- all\n WHERE no = 'V-1'", 200);     // SELECT * FROM voucher WHERE no = ?
#pragma once

#include <string>
#include <string_view>

namespace finwatch::database {

std::string statement_text(std::string_view sql, std::size_t most_bytes);

}  // namespace finwatch::database
