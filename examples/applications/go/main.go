// A small application that knows its users by Vestibule's signed token.
//
//	go mod init example && go get github.com/golang-jwt/jwt/v5 github.com/MicahParks/keyfunc/v3
//	VESTIBULE_ISSUER=https://acme.sso.example.com VESTIBULE_AUDIENCE=https://app.example.com \
//	VESTIBULE_KEYS=https://app.example.com/.vestibule/jwks.json go run . 127.0.0.1:3000
//
// What matters is userOf. (This example is the one of the three that no test runs.)
package main

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

const longest = 8192

type claims struct {
	jwt.RegisteredClaims
	Name    string   `json:"name"`
	Email   string   `json:"email"`
	Company string   `json:"org_slug"`
	Groups  []string `json:"groups"`
}

// userOf returns the claims of a token, or an error when it is not to be believed.
func userOf(header http.Header, keys jwt.Keyfunc) (*claims, error) {
	// Two headers of this name are none.
	tokens := header.Values("Vestibule-Identity")
	if len(tokens) != 1 || len(tokens[0]) > longest {
		return nil, errors.New("there is no token, or it is too long")
	}
	read := new(claims)
	token, err := jwt.ParseWithClaims(tokens[0], read, keys,
		jwt.WithValidMethods([]string{"ES256"}),
		jwt.WithIssuer(os.Getenv("VESTIBULE_ISSUER")),
		jwt.WithAudience(os.Getenv("VESTIBULE_AUDIENCE")),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(30*time.Second))
	if err != nil {
		return nil, err
	}
	// Nothing in a header may bring a key or change what is checked (RFC 7515, section 4).
	if len(token.Header) != 3 || token.Header["typ"] != "vestibule-identity+jwt" {
		return nil, errors.New("this is no identity token")
	}
	// A token is for one application, and about somebody.
	if len(read.Audience) != 1 || read.Subject == "" {
		return nil, errors.New("the token is for several, or about nobody")
	}
	return read, nil
}

func main() {
	keys, err := keyfunc.NewDefault([]string{os.Getenv("VESTIBULE_KEYS")})
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		user, err := userOf(r.Header, keys.Keyfunc)
		if err != nil {
			log.Print("refused: ", err)
			http.Error(w, "Nobody is signed in.", http.StatusUnauthorized)
			return
		}
		// Know people by issuer and subject, never by their address.
		json.NewEncoder(w).Encode(user)
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
