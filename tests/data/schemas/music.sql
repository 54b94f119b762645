-- A shop for digital music: the structure and names of Chinook. Quoted names in capitals, short texts, a hierarchy of employees, pairs as keys.
CREATE TABLE "Artist" ("ArtistId" INT PRIMARY KEY, "Name" VARCHAR(120));
CREATE TABLE "Album" ("AlbumId" INT PRIMARY KEY, "Title" VARCHAR(160) NOT NULL, "ArtistId" INT NOT NULL REFERENCES "Artist");
CREATE TABLE "Employee" (
  "EmployeeId" INT PRIMARY KEY, "LastName" VARCHAR(20) NOT NULL, "FirstName" VARCHAR(20) NOT NULL, "Title" VARCHAR(30),
  "ReportsTo" INT REFERENCES "Employee", "BirthDate" TIMESTAMP, "HireDate" TIMESTAMP, "Address" VARCHAR(70), "City" VARCHAR(40), "State" VARCHAR(40),
  "Country" VARCHAR(40), "PostalCode" VARCHAR(10), "Phone" VARCHAR(24), "Fax" VARCHAR(24), "Email" VARCHAR(60)
);
CREATE TABLE "Customer" (
  "CustomerId" INT PRIMARY KEY, "FirstName" VARCHAR(40) NOT NULL, "LastName" VARCHAR(20) NOT NULL, "Company" VARCHAR(80), "Address" VARCHAR(70),
  "City" VARCHAR(40), "State" VARCHAR(40), "Country" VARCHAR(40), "PostalCode" VARCHAR(10), "Phone" VARCHAR(24), "Fax" VARCHAR(24),
  "Email" VARCHAR(60) NOT NULL, "SupportRepId" INT REFERENCES "Employee"
);
CREATE TABLE "Genre" ("GenreId" INT PRIMARY KEY, "Name" VARCHAR(120));
CREATE TABLE "MediaType" ("MediaTypeId" INT PRIMARY KEY, "Name" VARCHAR(120));
CREATE TABLE "Invoice" (
  "InvoiceId" INT PRIMARY KEY, "CustomerId" INT NOT NULL REFERENCES "Customer", "InvoiceDate" TIMESTAMP NOT NULL, "BillingAddress" VARCHAR(70),
  "BillingCity" VARCHAR(40), "BillingState" VARCHAR(40), "BillingCountry" VARCHAR(40), "BillingPostalCode" VARCHAR(10), "Total" NUMERIC(10, 2) NOT NULL
);
CREATE TABLE "Track" (
  "TrackId" INT PRIMARY KEY, "Name" VARCHAR(200) NOT NULL, "AlbumId" INT REFERENCES "Album", "MediaTypeId" INT NOT NULL REFERENCES "MediaType",
  "GenreId" INT REFERENCES "Genre", "Composer" VARCHAR(220), "Milliseconds" INT NOT NULL, "Bytes" INT, "UnitPrice" NUMERIC(10, 2) NOT NULL
);
CREATE TABLE "InvoiceLine" (
  "InvoiceLineId" INT PRIMARY KEY, "InvoiceId" INT NOT NULL REFERENCES "Invoice", "TrackId" INT NOT NULL REFERENCES "Track",
  "UnitPrice" NUMERIC(10, 2) NOT NULL, "Quantity" INT NOT NULL
);
CREATE TABLE "Playlist" ("PlaylistId" INT PRIMARY KEY, "Name" VARCHAR(120));
CREATE TABLE "PlaylistTrack" (
  "PlaylistId" INT NOT NULL REFERENCES "Playlist", "TrackId" INT NOT NULL REFERENCES "Track", PRIMARY KEY ("PlaylistId", "TrackId")
);
CREATE INDEX "IFK_TrackAlbumId" ON "Track" ("AlbumId");
