// Package sqlite3 registers, under the name that Gitea asks for, a SQLite that is written in Go: the usual driver needs a C compiler.
package sqlite3

import (
	"database/sql"
	"database/sql/driver"
	"net/url"
	"strings"

	"modernc.org/sqlite"
)

type lite struct{ sqlite.Driver }

// Open takes a data source in the words of the usual driver.
func (d *lite) Open(name string) (driver.Conn, error) { return d.Driver.Open(translate(name)) }

// translate gives the settings the names that this driver knows. A shared cache only adds locks of its own: left out.
func translate(name string) string {
	path, query, _ := strings.Cut(name, "?")
	given, err := url.ParseQuery(query)
	if err != nil {
		return name
	}
	given.Del("cache")
	for _, pragma := range []string{"busy_timeout", "journal_mode"} {
		if value := given.Get("_" + pragma); value != "" {
			given.Del("_" + pragma)
			given.Add("_pragma", pragma+"("+value+")")
		}
	}
	given.Set("_time_format", "sqlite")
	return path + "?" + given.Encode()
}

func init() { sql.Register("sqlite3", &lite{}) }
