using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Runner.Hocon.Tests;

/// <summary>Properties that hold for all values.</summary>
public sealed class PropertyTests
{
    [Fact]
    public void Every_json_text_has_the_same_value_as_in_a_json_parser()
    {
        for (var seed = 0; seed < 3_000; seed++)
        {
            var json = new RandomJson(seed).Next();
            using var expected = JsonDocument.Parse(json);
            AssertSame(expected.RootElement, HoconDocument.ParseText(json).Root);
        }
    }

    [Fact]
    public void A_value_written_as_json_is_read_as_the_same_value()
    {
        for (var seed = 0; seed < 3_000; seed++)
        {
            var value = HoconDocument.ParseText(new RandomJson(seed).Next()).Root;
            foreach (var indented in (bool[])[false, true])
            {
                var json = value.ToJson(indented);
                Assert.Equal(json, HoconDocument.ParseText(json).Root.ToJson(indented));
                using var expected = JsonDocument.Parse(json);
                AssertSame(expected.RootElement, value);
            }
        }
    }

    [Fact]
    public void A_lone_surrogate_survives() => Assert.Equal("{\"a\":\"\\ud800x\"}", Hocon.Json("{\"a\":\"\\ud800x\"}"));

    private static void AssertSame(JsonElement expected, HoconValue actual)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                var fields = expected.EnumerateObject().ToList();
                Assert.Equal(fields.Select(f => f.Name), actual.AsObject().Fields.Select(f => f.Key));
                fields.ForEach(f => AssertSame(f.Value, actual.AsObject().Fields.Single(a => a.Key == f.Name).Value));
                break;
            case JsonValueKind.Array:
                Assert.Equal(HoconKind.Array, actual.Kind);
                Assert.Equal(expected.GetArrayLength(), actual.AsList().Count);
                foreach (var (item, value) in expected.EnumerateArray().Zip(actual.AsList()))
                {
                    AssertSame(item, value);
                }

                break;
            case JsonValueKind.String:
                Assert.Equal((HoconKind.String, expected.GetString()), (actual.Kind, actual.AsString()));
                break;
            case JsonValueKind.Number:
                Assert.Equal((HoconKind.Number, expected.GetDouble()), (actual.Kind, double.Parse(actual.AsString(), CultureInfo.InvariantCulture)));
                break;
            case JsonValueKind.Null:
                Assert.Equal(HoconKind.Null, actual.Kind);
                break;
            default:
                Assert.Equal((HoconKind.Boolean, expected.GetBoolean()), (actual.Kind, actual.AsBoolean()));
                break;
        }
    }

    /// <summary>Texts of JSON with every kind of escape, number and whitespace, and no key twice in an object.</summary>
    private sealed class RandomJson(int seed)
    {
        private static readonly string[] Strings =
            [
                "", " ", "a", "a.b", "include", "true", "null", "1", "${x}", "#", "//", "x y", "\\n", "\\\"", "\\\\", "\\/", "\\u0000", "\\u00e9",
                "\\ud83d\\ude00", "😀", "\u2028", "\u00A0", "\uFEFF", "\u007f", "{", "}", "+="
            ];

        private static readonly string[] Numbers =
            ["0", "-0", "1", "-17", "0.5", "1.50", "1e5", "1E+5", "1e-5", "-2.5E3", "123456789012345678901234567890"];

        private static readonly string[] Spaces = ["", "", "", " ", "\n", "\t", "\r\n", " \n  "];

        private readonly Random _random = new(seed);
        private readonly StringBuilder _text = new();

        public string Next()
        {
            Space();
            Container(0);
            Space();
            return _text.ToString();
        }

        private void Container(int depth)
        {
            var isObject = _random.Next(2) == 0;
            var count = _random.Next(5);
            _text.Append(isObject ? '{' : '[');
            Space();
            for (var i = 0; i < count; i++)
            {
                _text.Append(i == 0 ? "" : ",");
                Space();
                if (isObject)
                {
                    // Numbered, so that no key comes twice.
                    _text.Append('"').Append(Pick(Strings)).Append(i).Append('"');
                    Space();
                    _text.Append(':');
                    Space();
                }

                Value(depth + 1);
                Space();
            }

            _text.Append(isObject ? '}' : ']');
        }

        private void Value(int depth)
        {
            switch (_random.Next(depth > 5 ? 3 : 5))
            {
                case 0:
                    _text.Append('"').Append(Pick(Strings)).Append(Pick(Strings)).Append('"');
                    break;
                case 1:
                    _text.Append(Pick(Numbers));
                    break;
                case 2:
                    _text.Append(Pick(["true", "false", "null"]));
                    break;
                default:
                    Container(depth);
                    break;
            }
        }

        private void Space() => _text.Append(Pick(Spaces));

        private string Pick(string[] from) => from[_random.Next(from.Length)];
    }
}
