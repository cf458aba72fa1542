package dev.ordinal.kinds.customresourcedefinition;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

import dev.ordinal.api.Problems;
import dev.ordinal.testing.Rule;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/// Rules in CEL: what definitions may say, and what objects are held to.
class RulesTest {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(JsonReadFeature.ALLOW_SINGLE_QUOTES).build();

    private final List<String> warnings = new ArrayList<>();

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException wrong) {
            throw new IllegalArgumentException(text, wrong);
        }
    }

    /// A schema of an object with these properties of its spec.
    private static String schema(String specRules, String properties) {
        return """
        {'type':'object','properties':{'spec':{'type':'object',
        'x-kubernetes-validations':[%s],'properties':{%s}}}}\
        """
                .formatted(specRules, properties);
    }

    private static String rule(String rule) {
        return "{'rule':\"%s\"}".formatted(rule);
    }

    private static List<String> told(Problems problems) {
        return problems.causes().stream()
                .map(c -> c.reason() + " " + c.field() + ": " + c.message())
                .toList();
    }

    private static List<String> definition(String schema) {
        var problems = new Problems();
        SchemaRules.check(json(schema), false, problems.at("schema"));
        return told(problems);
    }

    private List<String> update(String schema, @Nullable String old, String object) {
        assertThat(definition(schema)).isEmpty();
        var problems = new Problems();
        var before = old == null ? null : json(old);
        Rules.of(json(schema), true).check(json(object), before, problems, warnings);
        return told(problems);
    }

    private List<String> create(String schema, String object) {
        return update(schema, null, object);
    }

    /// Whether a rule about the spec holds.
    private boolean holds(String rule, String properties, String spec) {
        var told = create(schema(rule(rule), properties), "{'spec':%s}".formatted(spec));
        assertThat(told).as(rule).allMatch(t -> t.contains("failed rule: "));
        return told.isEmpty();
    }

    @Rule("api 12.7")
    @Test
    void aRuleThatFailsSaysSoAtItsValue() {
        var rules =
                schema(
                        rule("self.least <= self.most"),
                        "'least':{'type':'integer'},'most':{'type':'integer'}");
        assertThat(create(rules, "{'spec':{'least':1,'most':2}}")).isEmpty();
        assertThat(create(rules, "{'spec':{'least':3,'most':2}}"))
                .containsExactly(
                        "FieldValueInvalid spec: Invalid value: failed rule: self.least <="
                                + " self.most");
    }

    @Rule("api 12.7")
    @Test
    void aScalarIsShownAndAMessageReplacesTheRule() {
        var rules =
                schema(
                        "",
                        "'n':{'type':'integer','x-kubernetes-validations':[{'rule':'self > 3',"
                                + "'message':' too small '}]}");
        assertThat(create(rules, "{'spec':{'n':2}}"))
                .containsExactly("FieldValueInvalid spec.n: Invalid value: 2: too small");
    }

    @Rule("api 12.7")
    @Test
    void anExpressionMakesTheMessageUnlessItFails() {
        var property = "'n':{'type':'integer'},'m':{'type':'string'}";
        var rules =
                schema(
                        "{'rule':'self.n > 3','message':'n','messageExpression':\"'n is '"
                                + " + string(self.n) + self.m\"}",
                        property);
        assertThat(create(rules, "{'spec':{'n':2,'m':'!'}}"))
                .containsExactly("FieldValueInvalid spec: Invalid value: n is 2!");
        assertThat(create(rules, "{'spec':{'n':2}}"))
                .containsExactly("FieldValueInvalid spec: Invalid value: n");
    }

    @Rule("api 12.7")
    @Test
    void aReasonAndAFieldAreWhatTheRuleSays() {
        var rules =
                schema(
                        "{'rule':'self.n > 3','reason':'FieldValueForbidden','fieldPath':'.n'},"
                                + "{'rule':'self.n > 4','reason':'FieldValueRequired'},"
                                + "{'rule':'self.n > 5','reason':'FieldValueDuplicate',"
                                + "'fieldPath':\".m['a/b']\"}",
                        "'n':{'type':'integer'},'m':{'type':'object','additionalProperties':"
                                + "{'type':'string'}}");
        assertThat(create(rules, "{'spec':{'n':2}}"))
                .containsExactly(
                        "FieldValueForbidden spec.n: Forbidden: failed rule: self.n > 3",
                        "FieldValueRequired spec: Required value: failed rule: self.n > 4",
                        "FieldValueDuplicate spec.m[a/b]: Duplicate value");
    }

    @Rule("api 12.7")
    @Test
    void rulesOfTheRootKnowTheNameAndStandNowhere() {
        var rules =
                "{'type':'object','x-kubernetes-validations':[{'rule':\"self.metadata.name"
                        + " == 'a' && self.kind == 'Boat' && !has(self.metadata.generateName)\"}]}";
        assertThat(create(rules, "{'kind':'Boat','metadata':{'name':'a'}}")).isEmpty();
        assertThat(create(rules, "{'kind':'Boat','metadata':{'name':'b'}}"))
                .singleElement()
                .asString()
                .startsWith("FieldValueInvalid <nil>: Invalid value: failed rule: ");
    }

    @Rule("api 12.7")
    @Test
    void itemsAndEntriesAreHeldToTheirRules() {
        var rules =
                schema(
                        "",
                        "'l':{'type':'array','items':{'type':'integer','x-kubernetes-validations':[{'rule':'self"
                            + " > 0'}]}},'m':{'type':'object',"
                            + "'additionalProperties':{'type':'string','x-kubernetes-validations':[{'rule':'self.size()"
                            + " > 1'}]}}");
        assertThat(create(rules, "{'spec':{'l':[1,0],'m':{'x':'ok','y':'n'}}}"))
                .containsExactly(
                        "FieldValueInvalid spec.l[1]: Invalid value: 0: failed rule: self > 0",
                        "FieldValueInvalid spec.m[y]: Invalid value: \"n\": failed rule:"
                                + " self.size() > 1");
    }

    @Rule("api 12.7")
    @Test
    void aTransitionIsLookedAtWhenThereIsAnOldValue() {
        var rules =
                schema(
                        "",
                        "'n':{'type':'integer','x-kubernetes-validations':[{'rule':'self >="
                                + " oldSelf'}]}");
        assertThat(create(rules, "{'spec':{'n':1}}")).isEmpty();
        assertThat(update(rules, "{'spec':{}}", "{'spec':{'n':1}}")).isEmpty();
        assertThat(update(rules, "{'spec':{'n':2}}", "{'spec':{'n':1}}"))
                .containsExactly(
                        "FieldValueInvalid spec.n: Invalid value: 1: failed rule: self >= oldSelf");
    }

    @Rule("api 12.7")
    @Test
    void anOptionalOldValueMayBeMissing() {
        var rules =
                schema(
                        "{'rule':'oldSelf.hasValue() ? oldSelf.value().n == self.n : self.n == 0',"
                                + "'optionalOldSelf':true}",
                        "'n':{'type':'integer'}");
        assertThat(create(rules, "{'spec':{'n':0}}")).isEmpty();
        assertThat(create(rules, "{'spec':{'n':1}}")).hasSize(1);
        assertThat(update(rules, "{'spec':{'n':1}}", "{'spec':{'n':1}}")).isEmpty();
        assertThat(update(rules, "{'spec':{'n':1}}", "{'spec':{'n':2}}")).hasSize(1);
    }

    @Rule("api 12.7")
    @Test
    void itemsOfAKeyedListKnowWhatTheyWere() {
        var rules =
                schema(
                        "",
                        "'l':{'type':'array','x-kubernetes-list-type':'map',"
                                + "'x-kubernetes-list-map-keys':['k'],'items':{'type':'object',"
                                + "'required':['k'],'properties':{'k':{'type':'string'},'n':"
                                + "{'type':'integer'}},'x-kubernetes-validations':[{'rule':"
                                + "'self.n >= oldSelf.n'}]}}");
        var old = "{'spec':{'l':[{'k':'a','n':1},{'k':'b','n':2}]}}";
        assertThat(update(rules, old, "{'spec':{'l':[{'k':'b','n':1},{'k':'a','n':1}]}}"))
                .containsExactly(
                        "FieldValueInvalid spec.l[0]: Invalid value: failed rule: self.n >="
                                + " oldSelf.n");
    }

    @Rule("api 12.7")
    @Test
    void whatIsWrongButUnchangedIsWarnedOf() {
        var rules =
                schema(
                        "",
                        "'a':{'type':'string','x-kubernetes-validations':[{'rule':\"self == 'x'\"}"
                                + "]},'b':{'type':'string'}");
        assertThat(update(rules, "{'spec':{'a':'y'}}", "{'spec':{'a':'y','b':'z'}}")).isEmpty();
        assertThat(warnings)
                .containsExactly("spec.a: Invalid value: \"y\": failed rule: self == 'x'");
        assertThat(update(rules, "{'spec':{'a':'y'}}", "{'spec':{'a':'z'}}")).hasSize(1);
    }

    @Rule("api 12.7")
    @Test
    void valuesHaveTheTypesThatTheSchemaDeclares() {
        assertThat(
                        holds(
                                "self.t > timestamp('2020-01-01T00:00:00Z')",
                                "'t':{'type':'string','format':'date-time'}",
                                "{'t':'2021-02-03T04:05:06Z'}"))
                .isTrue();
        assertThat(
                        holds(
                                "self.t.getFullYear() == 2021",
                                "'t':{'type':'string','format':'date'}",
                                "{'t':'2021-02-03'}"))
                .isTrue();
        assertThat(
                        holds(
                                "self.t == duration('90s')",
                                "'t':{'type':'string','format':'duration'}",
                                "{'t':'1m30s'}"))
                .isTrue();
        assertThat(
                        holds(
                                "self.t == b'hi'",
                                "'t':{'type':'string','format':'byte'}",
                                "{'t':'aGk='}"))
                .isTrue();
        assertThat(holds("self.t == 1.0 && self.t < 2", "'t':{'type':'number'}", "{'t':1}"))
                .isTrue();
        var port = "'t':{'x-kubernetes-int-or-string':true}";
        var percent = "type(self.t) == string ? self.t.endsWith('%') : self.t < 5";
        assertThat(holds(percent, port, "{'t':'3%'}")).isTrue();
        assertThat(holds(percent, port, "{'t':3}")).isTrue();
        assertThat(holds(percent, port, "{'t':7}")).isFalse();
    }

    @Rule("api 12.7")
    @Test
    void namesThatAreNoIdentifiersAreEscaped() {
        var properties =
                "'a-b':{'type':'integer'},'x.y/z':{'type':'integer'},'namespace':"
                        + "{'type':'integer'},'a__b':{'type':'integer'}";
        assertThat(
                        holds(
                                "self.a__dash__b + self.x__dot__y__slash__z +"
                                        + " self.__namespace__ + self.a__underscores__b == 10",
                                properties,
                                "{'a-b':1,'x.y/z':2,'namespace':3,'a__b':4}"))
                .isTrue();
    }

    @Rule("api 12.7")
    @Test
    void fieldsMayBeMissingOrOptional() {
        var properties =
                "'a':{'type':'integer','nullable':true},'m':{'type':'object',"
                        + "'additionalProperties':{'type':'integer'}}";
        assertThat(holds("has(self.a)", properties, "{}")).isFalse();
        assertThat(holds("has(self.a)", properties, "{'a':null}")).isFalse();
        assertThat(holds("self.?a.orValue(7) == 7", properties, "{}")).isTrue();
        assertThat(holds("self.?m[?'x'].orValue(7) == 1", properties, "{'m':{'x':1}}")).isTrue();
        assertThat(holds("self.m.all(k, v, v == 1)", properties, "{'m':{'x':1}}")).isTrue();
    }

    @Rule("api 12.7")
    @Test
    void setsAndKeyedListsAreEqualInAnyOrder() {
        var list = "'%s':{'type':'array','x-kubernetes-list-type':'%s','items':{'type':'string'}}";
        var both = list.formatted("a", "set") + "," + list.formatted("b", "set");
        var spec = "{'a':['x','y'],'b':['y','x']}";
        assertThat(holds("self.a == self.b && self.a + self.b == self.a", both, spec)).isTrue();
        assertThat(holds("self.a == self.b", both.replace("'set'", "'atomic'"), spec)).isFalse();
    }

    @Rule("api 12.7")
    @Test
    void anEvaluationThatFailsSaysWhy() {
        var properties =
                "'m':{'type':'object','additionalProperties':{'type':'integer'}},'l':{'type':"
                        + "'array','items':{'type':'integer'}},'p':"
                        + "{'x-kubernetes-int-or-string':true}";
        var rules =
                schema(
                        String.join(
                                ",",
                                rule("self.m['x'] == 1"),
                                rule("self.l[5] == 1"),
                                rule("1 / self.m.size() == 1"),
                                rule("self.p + 1 == 1")),
                        properties);
        assertThat(create(rules, "{'spec':{'m':{},'l':[],'p':'x'}}"))
                .containsExactly(
                        "FieldValueInvalid spec: Invalid value: \"object\": no such key: x"
                                + " evaluating rule: self.m['x'] == 1",
                        "FieldValueInvalid spec: Invalid value: \"object\": index out of bounds: 5"
                                + " evaluating rule: self.l[5] == 1",
                        "FieldValueInvalid spec: Invalid value: \"object\": division by zero"
                                + " evaluating rule: 1 / self.m.size() == 1",
                        "FieldValueInvalid spec: Invalid value: \"object\": 'no such overload':"
                                + " call arguments did not match a supported operator, function or"
                                + " macro signature for rule: self.p + 1 == 1");
    }

    @Rule("api 12.7")
    @Test
    void aRuleThatCostsTooMuchIsStopped() {
        var rules =
                schema(
                        rule("self.l.all(a, self.l.all(b, self.l.all(c, a + b + c >= 0)))")
                                + ","
                                + rule("false"),
                        "'l':{'type':'array','items':{'type':'integer'}}");
        var many = "0,".repeat(999) + "0";
        assertThat(create(rules, "{'spec':{'l':[%s]}}".formatted(many)))
                .singleElement()
                .asString()
                .startsWith(
                        "FieldValueInvalid spec: Invalid value: \"object\": 'operation cancelled:"
                                + " actual cost limit exceeded': no further validation rules will");
    }

    @Rule("api 12.7")
    @Test
    void allRulesTogetherHaveABudget() {
        var each = "{'rule':'self.l.all(a, self.l.all(b, a + b >= 0))'}";
        var rules =
                schema(
                        String.join(",", java.util.Collections.nCopies(40, each)),
                        "'l':{'type':'array','items':{'type':'integer'}}");
        var many = "0,".repeat(199) + "0";
        assertThat(create(rules, "{'spec':{'l':[%s]}}".formatted(many)))
                .containsExactly(
                        "FieldValueInvalid spec: Invalid value: \"object\": validation failed due"
                            + " to running out of cost budget, no further validation rules will be"
                            + " run");
    }

    @Rule("api 12.7")
    @Test
    void aRuleThatDoesNotCompileIsRefused() {
        var rules = schema(rule("self.x == 1"), "'n':{'type':'integer'}");
        assertThat(definition(rules))
                .containsExactly(
                        "FieldValueInvalid"
                            + " schema.properties[spec].x-kubernetes-validations[0].rule: Invalid"
                            + " value: {\"Rule\":\"self.x == 1\",\"Message\":\"\","
                            + "\"MessageExpression\":\"\",\"Reason\":null,\"FieldPath\":\"\",\"OptionalOldSelf\":null}:"
                            + " compilation failed: ERROR: <input>:1:5: undefined field 'x'\n"
                            + " | self.x == 1\n"
                            + " | ....^");
        assertThat(definition(schema(rule("self.n"), "'n':{'type':'integer'}")))
                .singleElement()
                .asString()
                .endsWith(": cel expression must evaluate to a bool");
    }

    @Rule("api 12.7")
    @Test
    void whatARuleSaysIsChecked() {
        var rules =
                schema(
                        "{'rule':' '},{'rule':'true','message':' '},{'rule':'true','message':"
                                + "'a\\nb'},{'rule':'true ||\\n true'},{'rule':'true',"
                                + "'messageExpression':' '},{'rule':'true','reason':'Odd'},"
                                + "{'rule':'true','fieldPath':'.nope'}",
                        "'n':{'type':'integer'}");
        assertThat(definition(rules))
                .extracting(told -> told.replaceFirst("schema.*x-kubernetes-validations", ""))
                .containsExactly(
                        "FieldValueRequired [0].rule: Required value: rule is not specified",
                        "FieldValueInvalid [1].message: Invalid value: \" \": must be non-empty if"
                                + " specified",
                        "FieldValueInvalid [2].message: Invalid value: \"a\\nb\": must not contain"
                                + " line breaks",
                        "FieldValueRequired [3].message: Required value: message must be specified"
                                + " if rule contains line breaks",
                        "FieldValueRequired [4].messageExpression: Required value:"
                                + " messageExpression must be non-empty if specified",
                        "FieldValueNotSupported [5].reason: Unsupported value: \"Odd\": supported"
                                + " values: \"FieldValueDuplicate\", \"FieldValueForbidden\","
                                + " \"FieldValueInvalid\", \"FieldValueRequired\"",
                        "FieldValueInvalid [6].fieldPath: Invalid value: \".nope\": must be a valid"
                                + " path");
    }

    @Rule("api 12.7")
    @Test
    void anOldValueThatNobodyCanFindIsRefused() {
        var rules =
                schema(
                        "",
                        "'l':{'type':'array','items':{'type':'integer','x-kubernetes-validations':"
                                + "[{'rule':'self == oldSelf'}]}},'n':{'type':'integer',"
                                + "'x-kubernetes-validations':[{'rule':'self > 1',"
                                + "'optionalOldSelf':true}]}");
        assertThat(definition(rules))
                .containsExactly(
                        "FieldValueInvalid"
                            + " schema.properties[spec].properties[l].items.x-kubernetes-validations[0].rule:"
                            + " Invalid value: \"self == oldSelf\": oldSelf cannot be used on the"
                            + " uncorrelatable portion of the schema within"
                            + " schema.properties[spec].properties[l]",
                        "FieldValueInvalid"
                            + " schema.properties[spec].properties[n].x-kubernetes-validations[0].optionalOldSelf:"
                            + " Invalid value: true: may not be set if oldSelf is not used in"
                            + " rule");
    }

    @Rule("api 12.7")
    @Test
    void upstreamsFunctionsOnListsAndTextsAreThere() {
        var properties = "'l':{'type':'array','items':{'type':'integer'}},'s':{'type':'string'}";
        var spec = "{'l':[1,2,2],'s':'a1b22'}";
        for (var rule :
                List.of(
                        "self.l.isSorted() && self.l.sum() == 5 && self.l.max() == 2",
                        "self.l.min() == 1 && self.l.indexOf(2) == 1 && self.l.lastIndexOf(2) == 2",
                        "self.s.find('[0-9]+') == '1' && self.s.findAll('[0-9]+') == ['1', '22']",
                        "self.s.replace('b', '') == 'a122' && 'ab'.replace('', '-') == '-a-b-'",
                        "self.l.transformList(i, v, i + v) == [1, 3, 4]",
                        "sets.contains(self.l, [1]) && self.l.slice(0, 1) == [1]")) {
            assertThat(holds(rule, properties, spec)).as(rule).isTrue();
        }
    }
}
