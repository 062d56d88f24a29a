#!/usr/bin/python3
"""Writes schema-vectors.jsonl: schemas, values, and whether python3-jsonschema (Debian's 4.10.3) finds the value valid.

One JSON object a line: {"draft": "7" | "2020-12", "schema": ..., "parameters": ..., "valid": true | false}. By hand first, then random from
one seed. Numbers are decimals here, so that the other side rounds as little as this project does. Usage: make-schema-vectors.py > schema-vectors.jsonl
"""

import decimal
import json
import random
import sys

import jsonschema

SEED = 20260731
RANDOM_CASES = 2200
NAMES = ["a", "b", "c", "dd", "é"]
TEXTS = ["", "a", "ab", "abc", "x1", "é", "日本", "😀", "😀a", "a\nb", "1", "B-2"]
PATTERNS = ["^a", "b$", "^[a-z]+$", "\\d", "^.$", "^(ab|x1)$", "[^a]", "^\\S*$", "a{2}", "^$", "^.{1,2}$"]
NUMBERS = ["0", "1", "1.0", "-1", "2", "3", "0.5", "1.5", "10", "0.1", "0.3", "1e2", "100", "-0.0", "12345678901234567890", "7"]
TYPES = ["null", "boolean", "object", "array", "number", "string", "integer"]

decimal.getcontext().prec = 100


class Number(decimal.Decimal):
    """A number that is written back as it was read."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


def dump(value):
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + dump(v) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def load(text):
    return json.loads(text, parse_int=Number, parse_float=Number)


def is_whole(checker, value):
    return isinstance(value, decimal.Decimal) and value == value.to_integral_value()


def validator(base, **more):
    checker = base.TYPE_CHECKER.redefine("integer", is_whole)
    return jsonschema.validators.create(base.META_SCHEMA, base.VALIDATORS, type_checker=checker, id_of=base.ID_OF, **more)


OWN = {"7": jsonschema.Draft7Validator, "2020-12": jsonschema.Draft202012Validator}
# What draft 7 ignores beside $ref is a setting that classes made from others do not take over.
VALIDATORS = {
    "7": validator(OWN["7"], applicable_validators=jsonschema._legacy_validators.ignore_ref_siblings),
    "2020-12": validator(OWN["2020-12"]),
}


class Random:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.draft = "2020-12"

    def pick(self, items):
        return items[self.random.randrange(len(items))]

    def chance(self, part):
        return self.random.random() < part

    def number(self):
        return Number(self.pick(NUMBERS))

    def count(self):
        return Number(self.pick(["0", "1", "2", "3", "2.0"]))

    def value(self, depth=0):
        kind = self.random.randrange(10 if depth < 3 else 6)
        if kind < 2:
            return self.number()
        if kind < 4:
            return self.pick(TEXTS)
        if kind == 4:
            return self.pick([True, False])
        if kind == 5:
            return None
        if kind < 8:
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        return {name: self.value(depth + 1) for name in self.random.sample(NAMES, self.random.randrange(4))}

    def schema(self, depth=0, inner=0):
        """`inner` is the first definition that may be referred to for the same value."""
        if depth > 0 and self.chance(0.08):
            return self.pick([True, True, False])
        made = {}
        for _ in range(self.random.randrange(1, 4)):
            made.update(self.keywords(depth, inner))
        return made

    def sub(self, depth, inner=0):
        return self.schema(depth + 1, inner) if depth < 3 else {"type": self.pick(TYPES)}

    def subs(self, depth, inner):
        return [self.sub(depth, inner) for _ in range(self.random.randrange(1, 4))]

    def keywords(self, depth, inner):
        new = self.draft == "2020-12"
        plain = [
            lambda: {"type": self.pick(TYPES) if self.chance(0.7) else self.random.sample(TYPES, 2)},
            lambda: {"enum": [self.value(2) for _ in range(self.random.randrange(1, 4))]},
            lambda: {"const": self.value(2)},
            lambda: {self.pick(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]): self.number()},
            lambda: {"multipleOf": Number(self.pick(["1", "2", "0.1", "0.5", "3", "1.5", "1e1"]))},
            lambda: {self.pick(["minLength", "maxLength"]): self.count()},
            lambda: {"pattern": self.pick(PATTERNS)},
            lambda: {self.pick(["minItems", "maxItems", "minProperties", "maxProperties"]): self.count()},
            lambda: {"uniqueItems": True},
            lambda: {"required": self.random.sample(NAMES, self.random.randrange(3))},
        ]
        nested = [
            lambda: {"properties": {n: self.sub(depth) for n in self.random.sample(NAMES, self.random.randrange(1, 3))}},
            lambda: {"properties": {n: self.sub(depth) for n in self.random.sample(NAMES, self.random.randrange(1, 3))}},
            lambda: {"patternProperties": {self.pick(PATTERNS): self.sub(depth)}},
            lambda: {"additionalProperties": self.sub(depth) if self.chance(0.5) else False},
            lambda: {"propertyNames": self.sub(depth)},
            lambda: {"contains": self.sub(depth)},
            lambda: {"allOf": self.subs(depth, inner)},
            lambda: {"anyOf": self.subs(depth, inner)},
            lambda: {"oneOf": self.subs(depth, inner)},
            lambda: {"not": self.sub(depth, inner)},
            lambda: {"if": self.sub(depth, inner), "then": self.sub(depth, inner), "else": self.sub(depth, inner)},
            lambda: self.reference(inner),
        ]
        if new:
            nested += [
                lambda: {"items": self.sub(depth)},
                lambda: {"prefixItems": self.subs(depth, 0), "items": self.sub(depth)},
                lambda: {"contains": self.sub(depth), self.pick(["minContains", "maxContains"]): self.count()},
                lambda: {"dependentRequired": {self.pick(NAMES): self.random.sample(NAMES, 2)}},
                lambda: {"dependentSchemas": {self.pick(NAMES): self.sub(depth, inner)}},
                lambda: {"unevaluatedProperties": self.pick([False, {"type": self.pick(TYPES)}])},
                lambda: {"unevaluatedItems": self.pick([False, {"type": self.pick(TYPES)}])},
            ]
        else:
            nested += [
                lambda: {"items": self.sub(depth)},
                lambda: {"items": self.subs(depth, 0), "additionalItems": self.sub(depth)},
                lambda: {"dependencies": {self.pick(NAMES): self.random.sample(NAMES, 2)}},
                lambda: {"dependencies": {self.pick(NAMES): self.sub(depth, inner)}},
            ]
        return self.pick(plain if depth >= 3 or self.chance(0.4) else nested)()

    def reference(self, inner):
        words = "$defs" if self.draft == "2020-12" else "definitions"
        return {"$ref": f"#/{words}/d{self.random.randrange(inner, 3)}"} if inner < 3 else {}

    def case(self, draft):
        self.draft = draft
        schema = self.schema()
        words = "$defs" if draft == "2020-12" else "definitions"
        if "$ref" in dump(schema):
            schema[words] = {f"d{i}": self.sub(1, i + 1) for i in range(3)}
        return schema, self.fitting(schema) if self.chance(0.6) else self.value()

    def fitting(self, schema, depth=0):
        """A value that a schema may well like: most random ones are of another type, and say little."""
        if not isinstance(schema, dict) or depth > 3:
            return self.value(depth)
        if "const" in schema and self.chance(0.7):
            return schema["const"]
        if schema.get("enum") and self.chance(0.7):
            return self.pick(schema["enum"])
        for word in ("allOf", "anyOf", "oneOf"):
            if word in schema and self.chance(0.4):
                return self.fitting(self.pick(schema[word]), depth + 1)
        keys = schema.keys()
        if keys & {"properties", "required", "patternProperties", "additionalProperties", "propertyNames", "minProperties", "maxProperties",
                   "dependencies", "dependentRequired", "dependentSchemas", "unevaluatedProperties"}:
            named = schema.get("properties", {})
            made = {n: self.fitting(named.get(n, True), depth + 1) for n in NAMES if self.chance(0.35)}
            for name in list(named) + schema.get("required", []):
                if self.chance(0.8):
                    made[name] = self.fitting(named.get(name, True), depth + 1)
            return made
        if keys & {"items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems"}:
            first = schema.get("prefixItems", schema["items"] if isinstance(schema.get("items"), list) else [])
            rest = schema.get("contains", schema.get("items", True))
            made = [self.fitting(s, depth + 1) for s in first]
            return made + [self.fitting(rest, depth + 1) for _ in range(self.random.randrange(3))]
        if keys & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}:
            return self.number()
        if keys & {"minLength", "maxLength", "pattern"}:
            return self.pick(TEXTS)
        if isinstance(schema.get("type"), str):
            return {"null": None, "boolean": True, "object": {}, "array": [], "number": Number("1.5"), "string": "abc", "integer": Number("1.0")}[schema["type"]]
        return self.value(depth)


def by_hand():
    """(draft or both, schema, values)."""
    both = ("7", "2020-12")
    new = ("2020-12",)
    old = ("7",)
    yield both, {"type": "integer"}, ["1", "1.0", "1.5", "1e3", "1E-1", "10e-1", "1e400", "123456789012345678901234567890", '"1"', "true", "null"]
    yield both, {"type": "number", "multipleOf": Number("0.1")}, ["0.3", "0.7", "1.1", "0.35", "1e30", "0", "4.02", "-0.3"]
    yield both, {"multipleOf": Number("0.01")}, ["0.07", "19.99", "4.35", "1.005", "1e308"]
    yield both, {"multipleOf": Number("1e-8")}, ["12391239123", "0.00000001", "0.000000015"]
    yield both, {"multipleOf": Number("3")}, ["1e20", "300000000000000000000", "300000000000000000001", "9", "-9", "0.0"]
    yield both, {"maximum": Number("18446744073709551615")}, ["18446744073709551615", "18446744073709551616", "18446744073709551615.5", "1e19"]
    yield both, {"exclusiveMinimum": Number("0.3")}, ["0.3", "0.30", "0.30000000000000000001", "0.2999999999999999999999"]
    yield both, {"enum": [Number("1"), "a", None, [Number("1"), Number("2")], {"a": Number("1.0")}]}, [
        "1", "1.0", "true", '"a"', '"b"', "null", "[1,2]", "[1.0,2.0]", "[2,1]", '{"a":1}', '{"a":true}', "[true,2]", "false", "0"]
    yield both, {"const": {"a": False, "b": [None]}}, ['{"b":[null],"a":false}', '{"a":0,"b":[null]}', '{"a":false}', '{"a":false,"b":[]}']
    yield both, {"const": Number("0")}, ["0", "0.0", "-0.0", "0e5", "false", "null", "[]", '""']
    yield both, {"uniqueItems": True}, [
        "[]", "[1,1.0]", "[1,true]", "[0,false]", '["1",1]', '[{"a":1,"b":2},{"b":2,"a":1}]', "[[1],[true]]", "[[1],[1.0]]", '[{"a":false},{"a":0}]',
        "[null,null]", '["a","b","a"]', "[{},[]]", "[1,2,3,4,5,6,7,8,9,10]", "[10,1e1]"]
    yield both, {"minLength": Number("2"), "maxLength": Number("3")}, ['"a"', '"ab"', '"abc"', '"abcd"', '"😀"', '"😀😀"', '"e\u0301"', '"日本語"', "[]", "1"]
    yield both, {"pattern": "^\\d{3}-\\d{4}$"}, ['"123-4567"', '"1234567"', '"123-45678"', '"x"', "5"]
    yield both, {"pattern": "a+"}, ['"xxaayy"', '"b"', '""']
    yield both, {"pattern": "^(?!.*secret).+$"}, ['"fine"', '"a secret"', '""']
    yield both, {"pattern": "^(a|b)\\1$"}, ['"aa"', '"ab"', '"bb"', '"b"']
    yield both, {"pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"}, ['"a.b-c.d"', '"-a"', '"a..b"', '"A"', '"a-"']
    yield both, {"pattern": "\\bcat\\b"}, ['"a cat sat"', '"concat"', '"cat"']
    yield both, {"pattern": "^[\\w.+-]+@[\\w-]+\\.[a-z]{2,}$"}, ['"a@b.cd"', '"a@b"', '"a b@c.de"']
    yield both, {"properties": {"a": {"type": "integer"}, "b": {"minLength": Number("2")}}, "required": ["a"]}, [
        "{}", '{"a":1}', '{"a":"1"}', '{"a":1,"b":"x"}', '{"a":1,"b":"xy","c":null}', "[]", '"a"']
    yield both, {"properties": {"__proto__": {"type": "number"}, "toString": {"type": "string"}, "": {"const": Number("1")}, "a.b": {"type": "null"}}}, [
        '{"__proto__":"x"}', '{"toString":1}', '{"":2}', '{"":1}', '{"a.b":null}', '{"a.b":1}', "{}"]
    yield both, {"patternProperties": {"^s_": {"type": "string"}, "_n$": {"type": "number"}}, "properties": {"x": True}, "additionalProperties": False}, [
        '{"s_a":"x"}', '{"s_a":1}', '{"s_n":1}', '{"a_n":1}', '{"x":[]}', '{"y":1}', "{}", '{"s_n":"x"}']
    yield both, {"additionalProperties": {"type": "boolean"}, "properties": {"a": {}}}, ['{"a":1,"b":true}', '{"b":1}', '{"a":1}']
    yield both, {"propertyNames": {"maxLength": Number("2"), "pattern": "^[a-z]"}}, ['{"ab":1}', '{"abc":1}', '{"1":1}', "{}", "[]"]
    yield both, {"propertyNames": False}, ["{}", '{"a":1}']
    yield both, {"contains": {"const": Number("5")}}, ["[1,5]", "[1]", "[]", '"x"', "[5.0]"]
    yield both, {"if": {"properties": {"k": {"const": "a"}}, "required": ["k"]}, "then": {"required": ["x"]}, "else": {"required": ["y"]}}, [
        '{"k":"a","x":1}', '{"k":"a"}', '{"k":"b","y":1}', '{"k":"b"}', "{}", '{"y":1}', "3"]
    yield both, {"then": False, "else": False}, ["1", "{}"]
    yield both, {"if": True, "else": False}, ["1"]
    yield both, {"allOf": [{"minimum": Number("2")}, {"maximum": Number("4")}]}, ["1", "3", "5"]
    yield both, {"anyOf": [{"type": "string"}, {"minimum": Number("2")}]}, ['"x"', "1", "2", "null"]
    yield both, {"oneOf": [{"multipleOf": Number("2")}, {"multipleOf": Number("3")}]}, ["2", "3", "6", "5", '"x"']
    yield both, {"oneOf": [True, False]}, ["1"]
    yield both, {"not": {"type": ["string", "null"]}}, ['"x"', "null", "1"]
    yield both, {"not": {}}, ["1", "null"]
    yield both, {"type": ["object", "null"], "maxProperties": Number("1")}, ["{}", "null", '{"a":1,"b":2}', "1"]
    yield both, {"minItems": Number("1"), "maxItems": Number("2.0")}, ["[]", "[1]", "[1,2]", "[1,2,3]", "{}"]
    yield both, {"format": "date", "default": Number("5"), "title": "x", "unknown": {"$ref": "#/nowhere"}}, ['"not a date"', "1"]
    for words, drafts in (("definitions", both), ("$defs", new)):
        tree = {"type": "object", "properties": {"value": {"type": "number"}, "next": {"$ref": "#"}, "kids": {"type": "array", "items": {"$ref": f"#/{words}/kid"}}},
                "required": ["value"], words: {"kid": {"$ref": "#"}}}
        yield drafts, tree, ['{"value":1}', '{"value":1,"next":{"value":2}}', '{"value":1,"next":{"value":"x"}}', '{"value":1,"kids":[{"value":2,"kids":[{}]}]}',
                             '{"value":1,"kids":[{"value":2,"kids":[{"value":3}]}]}']
        yield drafts, {"$ref": f"#/{words}/a~1b", words: {"a/b": {"$ref": f"#/{words}/c%25d"}, "c%d": {"$ref": f"#/{words}/e~0f"}, "e~f": {"type": "integer"}}}, ["1", '"x"']
        yield drafts, {"properties": {"$ref": {"type": "string"}, "a": {"$ref": f"#/{words}/x"}}, words: {"x": {"maximum": Number("5")}}}, [
            '{"$ref":"x"}', '{"$ref":1}', '{"a":6}', '{"a":5}']
    yield old, {"definitions": {"s": {"type": "string"}}, "properties": {"a": {"$ref": "#/definitions/s", "maxLength": Number("1")}}}, ['{"a":"xyz"}', '{"a":1}']
    yield new, {"$defs": {"s": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/s", "maxLength": Number("1")}}}, ['{"a":"xyz"}', '{"a":1}', '{"a":"x"}']
    yield old, {"items": [{"type": "integer"}, {"type": "string"}], "additionalItems": {"type": "null"}}, ["[1]", '[1,"a"]', '[1,"a",null]', '[1,"a",2]', '["a"]', "[]"]
    yield old, {"additionalItems": False}, ["[1,2]"]
    yield old, {"items": {"type": "integer"}, "additionalItems": False}, ["[1,2]", '["a"]']
    yield old, {"dependencies": {"a": ["b"], "c": {"required": ["d"]}, "e": False}}, ['{"a":1}', '{"a":1,"b":1}', '{"c":1}', '{"c":1,"d":1}', '{"e":1}', "{}", "[]"]
    yield old, {"definitions": {"n": {"$id": "#name", "type": "integer"}}, "$ref": "#name"}, ["1", '"x"']
    yield old, {"$id": "http://example.com/root.json", "definitions": {"n": {"$id": "node.json", "type": "object", "properties": {"n": {"$ref": "#"}}}},
                "properties": {"a": {"$ref": "node.json"}}}, ['{"a":{"n":{}}}', '{"a":{"n":1}}', '{"a":1}']
    yield old, {"prefixItems": [False], "dependentRequired": {"a": ["b"]}, "unevaluatedProperties": False, "minContains": Number("3"), "contains": True}, ['[1]', '{"a":1}']
    yield new, {"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": {"type": "null"}}, ["[1]", '[1,"a"]', '[1,"a",null]', '[1,"a",2]', '["a"]', "[]"]
    yield new, {"prefixItems": [{}], "items": False}, ["[]", "[1]", "[1,2]"]
    yield new, {"contains": {"type": "integer"}, "minContains": Number("2"), "maxContains": Number("3")}, ["[1]", "[1,2]", "[1,2,3,4]", '["a",1,"b",2]', "[]"]
    yield new, {"contains": {"type": "integer"}, "minContains": Number("0")}, ["[]", '["a"]', "[1]"]
    yield new, {"minContains": Number("5")}, ["[]"]
    yield new, {"dependentRequired": {"a": ["b", "c"]}, "dependentSchemas": {"d": {"maxProperties": Number("2")}}}, [
        '{"a":1}', '{"a":1,"b":1,"c":1}', '{"d":1,"e":1}', '{"d":1,"e":1,"f":1}', "{}"]
    yield new, {"dependencies": {"a": ["b"]}, "additionalItems": False}, ['{"a":1}', "[1]"]
    yield new, {"$anchor": "top", "properties": {"a": {"$ref": "#top"}, "b": {"$ref": "#text"}}, "$defs": {"t": {"$anchor": "text", "type": "string"}}}, [
        '{"a":{"b":"x"}}', '{"a":{"b":1}}', '{"b":"x"}']
    yield new, {"$id": "https://example.com/a/root", "$ref": "leaf", "$defs": {"l": {"$id": "leaf", "$ref": "#/$defs/i", "$defs": {"i": {"type": "integer"}}}}}, ["1", '"x"']
    yield new, {"$id": "urn:example:one", "$ref": "#/$defs/x", "$defs": {"x": {"minimum": Number("3")}}}, ["3", "2"]
    yield new, {"properties": {"a": True}, "patternProperties": {"^b": True}, "unevaluatedProperties": False}, ['{"a":1,"b2":1}', '{"c":1}', "{}"]
    yield new, {"allOf": [{"properties": {"a": True}}], "unevaluatedProperties": {"type": "integer"}}, ['{"a":"x"}', '{"a":"x","b":1}', '{"b":"x"}']
    yield new, {"anyOf": [{"properties": {"a": {"const": Number("1")}}, "required": ["a"]}, {"properties": {"b": {"const": Number("1")}}, "required": ["b"]}], "unevaluatedProperties": False}, [
        '{"a":1}', '{"b":1}', '{"a":1,"b":1}', '{"a":1,"b":2}', '{"a":1,"c":1}']
    yield new, {"if": {"required": ["a"]}, "then": {"properties": {"a": True, "b": True}}, "else": {"properties": {"c": True}}, "unevaluatedProperties": False}, [
        '{"a":1,"b":1}', '{"c":1}', '{"b":1}', '{"a":1,"c":1}', "{}"]
    yield new, {"$ref": "#/$defs/base", "properties": {"b": True}, "unevaluatedProperties": False, "$defs": {"base": {"properties": {"a": True}}}}, [
        '{"a":1,"b":1}', '{"c":1}']
    yield new, {"dependentSchemas": {"a": {"properties": {"b": True}}}, "properties": {"a": True}, "unevaluatedProperties": False}, ['{"a":1,"b":1}', '{"b":1}']
    yield new, {"prefixItems": [True], "contains": {"type": "string"}, "unevaluatedItems": False}, ['[1,"a"]', '[1,"a",2]', '["a"]', '[1]']
    yield new, {"allOf": [{"prefixItems": [True, True]}], "unevaluatedItems": {"type": "null"}}, ["[1,2]", "[1,2,null]", "[1,2,3]"]
    yield new, {"not": {"properties": {"a": True}}, "unevaluatedProperties": False}, ['{"a":1}', "1"]
    yield new, {"properties": {"x": {"$ref": "#/$defs/tree"}}, "$defs": {"tree": {"$id": "https://example.com/tree", "$dynamicAnchor": "node", "type": "object",
                "properties": {"data": True, "children": {"type": "array", "items": {"$dynamicRef": "#node"}}}}}}, ['{"x":{"children":[{"data":1}]}}', '{"x":{"children":[1]}}']
    yield new, {"$id": "https://example.com/strict", "$dynamicAnchor": "node", "$ref": "tree", "unevaluatedProperties": False, "$defs": {"tree": {"$id": "https://example.com/tree",
                "$dynamicAnchor": "node", "type": "object", "properties": {"data": True, "children": {"type": "array", "items": {"$dynamicRef": "#node"}}}}}}, [
        '{"children":[{"data":1}]}', '{"children":[{"daat":1}]}', '{"daat":1}', '{"data":1}']
    yield new, True, ["1", "{}"]
    yield new, False, ["1", "{}"]


def main():
    written = set()

    def write(draft, schema, value):
        said = schema
        if draft == "7" and isinstance(schema, dict):
            # For the reader alone: the checker would go back to its own kinds of numbers where it meets this.
            said = {"$schema": "http://json-schema.org/draft-07/schema#", **schema}
        key = (draft, dump(said), dump(value))
        if key in written:
            return
        try:
            OWN[draft].check_schema(json.loads(dump(schema)))
            valid = VALIDATORS[draft](schema).is_valid(value)
        except (jsonschema.exceptions.SchemaError, jsonschema.exceptions.RefResolutionError, RecursionError, TypeError, decimal.DecimalException) as error:
            print(f"left out ({type(error).__name__}): {key[1]} {key[2]}", file=sys.stderr)
            return
        written.add(key)
        print('{"draft":%s,"schema":%s,"parameters":%s,"valid":%s}' % (json.dumps(draft), key[1], key[2], json.dumps(valid)))

    for drafts, schema, values in by_hand():
        for draft in drafts:
            for value in values:
                write(draft, schema, load(value))
    hand = len(written)
    made = Random(SEED)
    while len(written) < hand + RANDOM_CASES:
        draft = made.pick(["7", "2020-12"])
        schema, value = made.case(draft)
        write(draft, schema, value)


main()
