package dev.ordinal.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.access.Ask;
import dev.ordinal.api.access.Authenticator;
import dev.ordinal.api.access.Authorizer;
import dev.ordinal.api.access.User;
import dev.ordinal.testing.Rule;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Who gets in, as whom, and what is asked on the way.
class GateTest {
    private static final User ANN = new User("ann", "", List.of(User.AUTHENTICATED), Map.of());

    private final List<String> asked = new ArrayList<>();
    private final List<String> allowed = new ArrayList<>();
    private final Gate gate =
            new Gate(
                    new Authenticator() {
                        @Override
                        public Answer user(String token, List<String> audiences) {
                            return token.equals("good")
                                    ? Answer.of(ANN, List.of())
                                    : Answer.nobody("");
                        }

                        @Override
                        public Map<String, String> documents() {
                            return Map.of();
                        }
                    },
                    new Authorizer() {
                        @Override
                        public Decision decide(Ask ask) {
                            var text =
                                    ask.isForResource()
                                            ? "%s %s %s/%s %s"
                                                    .formatted(
                                                            ask.verb(),
                                                            ask.namespace(),
                                                            ask.group(),
                                                            ask.combined(),
                                                            ask.name())
                                            : ask.verb() + " " + ask.path();
                            asked.add(text);
                            boolean may = allowed.stream().anyMatch(text::matches);
                            return new Decision(may, "");
                        }

                        @Override
                        public Rules rules(User user, String namespace) {
                            return new Rules(List.of(), List.of(), "");
                        }
                    });

    private String asked(String method, String path) {
        allowed.add(".*");
        gate.admit(new Request(method, path, ANN));
        return asked.getLast();
    }

    @Test
    void aPathSaysWhatIsAsked() {
        assertThat(asked("GET", "/api/v1/pods")).isEqualTo("list  /pods ");
        assertThat(asked("GET", "/api/v1/namespaces/a/pods/b")).isEqualTo("get a /pods b");
        assertThat(asked("HEAD", "/api/v1/namespaces/a")).isEqualTo("get a /namespaces a");
        assertThat(asked("PUT", "/api/v1/namespaces/a/status"))
                .isEqualTo("update a /namespaces/status a");
        assertThat(asked("DELETE", "/apis/apps/v1/namespaces/a/statefulsets"))
                .isEqualTo("deletecollection a apps/statefulsets ");
        assertThat(asked("PATCH", "/apis/apps/v1/namespaces/a/statefulsets/b/scale"))
                .isEqualTo("patch a apps/statefulsets/scale b");
        assertThat(asked("GET", "/api/v1/watch/namespaces/a/pods")).isEqualTo("watch a /pods ");
        assertThat(asked("GET", "/api/v1/pods?watch=1")).isEqualTo("watch  /pods ");
        assertThat(asked("GET", "/api/v1/pods?fieldSelector=metadata.name=b"))
                .isEqualTo("list  /pods b");
        assertThat(asked("GET", "/apis/apps/v1")).isEqualTo("get /apis/apps/v1");
        assertThat(asked("POST", "/metrics")).isEqualTo("post /metrics");
    }

    @Test
    void aConnectionToAPodTakesTheRightToCreateOne() {
        allowed.add("get .*");
        var exec = new Request("GET", "/api/v1/namespaces/a/pods/b/exec", ANN);
        assertThatThrownBy(() -> gate.admit(exec)).hasMessage("pods \"b\" is forbidden: ");
        assertThat(asked).containsExactly("get a /pods/exec b", "create a /pods/exec b");
    }

    @Rule("api 10.1")
    @Test
    void theUnknownGetHealthAndVersionOnly() {
        gate.admit(new Request("GET", "/readyz", null));
        for (var path : List.of("/api", "/api/v1/pods", "/openapi/v2")) {
            assertThatThrownBy(() -> gate.admit(new Request("GET", path, null)))
                    .isInstanceOf(ApiException.class)
                    .hasMessage("Unauthorized");
        }
        assertThat(asked).isEmpty();
    }

    @Rule("api 10.1")
    @Test
    void aTokenThatIsNobodysIsWorseThanNone() {
        allowed.add(".*");
        gate.admit(new Request("GET", "/api", null).with("Authorization", "Bearer good"));
        var wrong = new Request("GET", "/readyz", null).with("Authorization", "Bearer bad");
        assertThatThrownBy(() -> gate.admit(wrong)).hasMessage("Unauthorized");
    }

    @Rule("api 10.4")
    @Test
    void whoActsForAnotherMayDoEachPartOfIt() {
        allowed.addAll(List.of("impersonate .*", "list .*"));
        var request =
                new Request("GET", "/api/v1/pods", ANN)
                        .with("Impersonate-User", "bob")
                        .with("Impersonate-Uid", "7")
                        .with("Impersonate-Group", "crew")
                        .with("Impersonate-Extra-a%2fb", "c");
        gate.admit(request);
        assertThat(asked)
                .containsExactly(
                        "impersonate-on:user-info:list  /pods ",
                        "impersonate  /users bob",
                        "impersonate  authentication.k8s.io/uids 7",
                        "impersonate  /groups crew",
                        "impersonate  authentication.k8s.io/userextras/a/b c",
                        "list  /pods ");
        assertThat(request.user())
                .isEqualTo(
                        new User(
                                "bob",
                                "7",
                                List.of("crew", User.AUTHENTICATED),
                                Map.of("a/b", List.of("c"))));
    }

    @Rule("api 10.4")
    @Test
    void aServiceAccountHasItsGroups() {
        allowed.addAll(List.of("impersonate.*", "list .*"));
        var request =
                new Request("GET", "/api/v1/pods", ANN)
                        .with("Impersonate-User", "system:serviceaccount:a:web");
        gate.admit(request);
        assertThat(asked)
                .containsExactly(
                        "impersonate-on:serviceaccount:list  /pods ",
                        "impersonate:serviceaccount a authentication.k8s.io/serviceaccounts web",
                        "list  /pods ");
        assertThat(request.user().groups())
                .containsExactly(
                        "system:serviceaccounts", "system:serviceaccounts:a", User.AUTHENTICATED);
    }

    @Rule("api 10.4")
    @Test
    void theFirstRefusalIsTold() {
        var request = new Request("GET", "/api/v1/pods", ANN).with("Impersonate-User", "bob");
        assertThatThrownBy(() -> gate.admit(request))
                .hasMessage(
                        "pods is forbidden: User \"ann\" cannot impersonate-on:user-info:list"
                                + " resource \"pods\" in API group \"\" at the cluster scope");
    }

    @Rule("api 10.4")
    @Test
    void nobodyBecomesAMasterByTheNewWay() {
        allowed.add("impersonate[-:].*");
        var request =
                new Request("GET", "/api/v1/pods", ANN)
                        .with("Impersonate-User", "bob")
                        .with("Impersonate-Group", "system:masters");
        assertThatThrownBy(() -> gate.admit(request))
                .hasMessageEndingWith(
                        "at the cluster scope: impersonating the system:masters group is not"
                                + " allowed");
    }

    /// Only what the gate looks at.
    private static final class Request implements Exchange {
        private final String method;
        private final String target;
        private final @Nullable User sender;
        private final Map<String, List<String>> headers = new LinkedHashMap<>();
        private User user = User.ANONYMOUS;

        Request(String method, String target, @Nullable User sender) {
            this.method = method;
            this.target = target;
            this.sender = sender;
        }

        Request with(String header, String value) {
            headers.computeIfAbsent(header, _ -> new ArrayList<>()).add(value);
            return this;
        }

        @Override
        public String method() {
            return method;
        }

        @Override
        public String path() {
            return target.split("\\?", 2)[0];
        }

        @Override
        public List<String> query(String name) {
            var parts = target.split("\\?", 2);
            if (parts.length == 1) return List.of();
            var pair = parts[1].split("=", 2);
            return pair[0].equals(name) ? List.of(pair[1]) : List.of();
        }

        @Override
        public String header(String name) {
            return String.join(",", headers(name));
        }

        @Override
        public List<String> headers(String name) {
            return headers.getOrDefault(name, List.of());
        }

        @Override
        public Set<String> headerNames() {
            return headers.keySet();
        }

        @Override
        public Optional<User> certified() {
            return Optional.ofNullable(sender);
        }

        @Override
        public User user() {
            return user;
        }

        @Override
        public void as(User other) {
            user = other;
        }

        @Override
        public byte[] body() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void answerHeader(String name, String value) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void answer(int status, @Nullable String contentType, byte[] body) {
            throw new UnsupportedOperationException();
        }

        @Override
        public OutputStream stream(int status, String contentType) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void onGone(Runnable action) {
            throw new UnsupportedOperationException();
        }
    }
}
