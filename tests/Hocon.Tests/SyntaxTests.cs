namespace Runner.Hocon.Tests;

/// <summary>The specification's sections from «Unchanged from JSON» to «Multi-line strings».</summary>
public sealed class SyntaxTests
{
    [Theory]
    [InlineData("""{"a":[1,-2.5e+3,"x",true,false,null,{}]}""")]
    [InlineData("""[{"a":1},[],"x",0.1]""")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void Unchanged_from_json_a_json_text_is_itself(string json) => Hocon.Means(json, json);

    [Theory]
    [InlineData(@"a=""\"" \\ \/ \b \f \n \r \t \u0041 \u00e9""", "\" \\ / \b \f \n \r \t A é")]
    [InlineData("a=\"\\ud83d\\ude00 😀\"", "😀 😀")]
    [InlineData("a=\"\"", "")]
    [InlineData("a=\"\u007f\"", "\u007f")]
    [InlineData("a=\"# // ${x} {\"", "# // ${x} {")]
    public void Unchanged_from_json_quoted_strings_are_those_of_json(string text, string value) =>
        Assert.Equal(value, Hocon.Object(text).GetString("a"));

    [Theory]
    [InlineData("a=\"\\x\"", 4)]
    [InlineData("a=\"\\u12\"", 4)]
    [InlineData("a=\"\\u12g4\"", 4)]
    [InlineData("a=\"b", 3)]
    [InlineData("a=\"b\nc\"", 3)]
    [InlineData("a=\"b\tc\"", 5)]
    [InlineData("a=\"b\0c\"", 5)]
    public void Unchanged_from_json_what_json_refuses_in_quotes_is_refused(string text, int column)
    {
        var error = Hocon.Error(text);
        Assert.Equal((1, column), (error.Line, error.Column));
    }

    [Theory]
    [InlineData("1", HoconKind.Number)]
    [InlineData("-0", HoconKind.Number)]
    [InlineData("1.5E-3", HoconKind.Number)]
    [InlineData("1e+5", HoconKind.Number)]
    [InlineData("true", HoconKind.Boolean)]
    [InlineData("null", HoconKind.Null)]
    [InlineData("\"1\"", HoconKind.String)]
    [InlineData("\"null\"", HoconKind.String)]
    [InlineData("NaN", HoconKind.String)]
    [InlineData("01", HoconKind.String)]
    [InlineData(".5", HoconKind.String)]
    [InlineData("5.", HoconKind.String)]
    [InlineData("1.2.3", HoconKind.String)]
    [InlineData("TRUE", HoconKind.String)]
    public void Unchanged_from_json_the_types_are_those_of_json(string text, HoconKind kind) =>
        Assert.Equal(kind, Hocon.Object($"a={text}").Get("a").Kind);

    [Fact]
    public void Unchanged_from_json_files_must_be_utf_8()
    {
        var files = new MemoryFiles();
        files.Add("/conf/main.conf", [(byte)'a', (byte)'=', (byte)'\n', (byte)'b', 0xC3, (byte)'(']);
        var error = Assert.Throws<HoconException>(() => files.Load());
        Assert.Equal(("/conf/main.conf", 2), (error.File, error.Line));
    }

    [Theory]
    [InlineData("a=1 // x\n# y\n//z\nb=2#z", "{'a':1,'b':2}")]
    [InlineData("a=\"// # x\"", "{'a':'// # x'}")]
    [InlineData("a=b#c", "{'a':'b'}")]
    [InlineData("a=b//c", "{'a':'b'}")]
    [InlineData("a=b/c", "{'a':'b/c'}")]
    [InlineData("a // c\n : // c\n 1", "{'a':1}")]
    [InlineData("[1 # c\n2, # c\n#c\n3]", "[1,2,3]")]
    [InlineData("{ # c\n}", "{}")]
    [InlineData("# c", "{}")]
    public void Comments_run_to_the_end_of_the_line(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("a=1", "{'a':1}")]
    [InlineData("", "{}")]
    [InlineData(" \n ", "{}")]
    [InlineData("\n{a=1}\n", "{'a':1}")]
    [InlineData("[1]", "[1]")]
    public void Omit_root_braces_they_may_be_left_out(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("a=1}")]
    [InlineData("{a=1")]
    [InlineData("{a=1}}")]
    [InlineData("[1")]
    [InlineData("[1]]")]
    [InlineData("{a=1} b=2")]
    [InlineData("{a=1}{b=2}")]
    [InlineData("a=1]")]
    [InlineData("{a=1]")]
    [InlineData("[1}")]
    public void Omit_root_braces_they_must_be_balanced(string text) => Hocon.Error(text);

    [Theory]
    [InlineData("a:1", "{'a':1}")]
    [InlineData("a = 1", "{'a':1}")]
    [InlineData("a {}", "{'a':{}}")]
    [InlineData("a{b{c=1}}", "{'a':{'b':{'c':1}}}")]
    [InlineData("\"a\"\n{}", "{'a':{}}")]
    [InlineData("\"a\"\n:\n1", "{'a':1}")]
    public void Key_value_separator_is_colon_or_equals_or_nothing_before_a_brace(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("a")]
    [InlineData("a [1]")]
    [InlineData("a 1")]
    [InlineData("a = ")]
    [InlineData("a = , b = 1")]
    [InlineData("a == 1")]
    [InlineData("a : = 1")]
    [InlineData(": 1")]
    [InlineData("a\nb:1")]
    public void Key_value_separator_and_value_are_needed(string text) => Hocon.Error(text);

    [Theory]
    [InlineData("[1,2,3,]", "[1,2,3]")]
    [InlineData("[1\n2\n3]", "[1,2,3]")]
    [InlineData("[1\n,\n2\n]", "[1,2]")]
    [InlineData("a=1,b=2,", "{'a':1,'b':2}")]
    [InlineData("{a=1\nb=2\n,}", "{'a':1,'b':2}")]
    [InlineData("{a=1,\n\n b=2}", "{'a':1,'b':2}")]
    public void Commas_may_be_newlines_and_one_may_trail(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("[1,2,3,,]")]
    [InlineData("[,1,2,3]")]
    [InlineData("[1,,2,3]")]
    [InlineData("[1\n,\n,2]")]
    [InlineData("[,]")]
    [InlineData(",a=1")]
    [InlineData("{a=1,,b=2}")]
    [InlineData("{a=1,,}")]
    [InlineData("{,}")]
    [InlineData("{a={} b=2}")]
    [InlineData("[1\u20282\u2028,,3]")]
    public void Commas_come_singly_between_two_values(string text) => Hocon.Error(text);

    [Theory]
    [InlineData('\u00A0')]
    [InlineData('\u2007')]
    [InlineData('\u202F')]
    [InlineData('\u3000')]
    [InlineData('\u2028')]
    [InlineData('\u2029')]
    [InlineData('\uFEFF')]
    [InlineData('\t')]
    [InlineData('\v')]
    [InlineData('\f')]
    [InlineData('\r')]
    [InlineData('\u001C')]
    [InlineData('\u001D')]
    [InlineData('\u001E')]
    [InlineData('\u001F')]
    public void Whitespace_is_every_separator_of_unicode(char space)
    {
        Assert.Equal("{\"a\":1,\"b\":2}", Hocon.Json($"{space}a{space}={space}1{space}\n{space}b{space}:{space}2{space}"));
        Assert.Equal($"x{space}y", Hocon.Object($"a = x{space}y").GetString("a"));
    }

    [Fact]
    public void Whitespace_newline_is_the_ascii_one_alone() =>
        Assert.Equal("1\u20282", Hocon.Object("a = [1\u20282]").Get("a").AsList().Single().AsString());

    [Theory]
    [InlineData("a=1,a=2", "{'a':2}")]
    [InlineData("foo{a:42},foo{b:43}", "{'foo':{'a':42,'b':43}}")]
    [InlineData("foo{a:42,c{d:1}},foo{a:43,c{e:2}}", "{'foo':{'a':43,'c':{'d':1,'e':2}}}")]
    [InlineData("foo{a:42},foo:null,foo{b:43}", "{'foo':{'b':43}}")]
    [InlineData("foo{a:42},foo:1", "{'foo':1}")]
    [InlineData("foo:1,foo{a:42}", "{'foo':{'a':42}}")]
    [InlineData("a=[1],a=[2]", "{'a':[2]}")]
    [InlineData("a=1,b=2,a=3", "{'a':3,'b':2}")]
    public void Duplicate_keys_override_and_objects_merge(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("a=foo", "foo")]
    [InlineData("a=truefoo", "truefoo")]
    [InlineData("a=footrue", "footrue")]
    [InlineData("a=10.0bar", "10.0bar")]
    [InlineData("a=bar10.0", "bar10.0")]
    [InlineData("a=10.0.0.1", "10.0.0.1")]
    [InlineData("a=-foo", "-foo")]
    [InlineData("a=a-b_c.d/e%f~g;h|i'j(k)<l>", "a-b_c.d/e%f~g;h|i'j(k)<l>")]
    [InlineData("a=b\u0001\0c", "b\u0001\0c")]
    public void Unquoted_strings_run_to_a_reserved_character(string text, string value) => Assert.Equal(value, Hocon.Object(text).GetString("a"));

    [Theory]
    [InlineData("$")]
    [InlineData(":")]
    [InlineData("=")]
    [InlineData("+")]
    [InlineData("`")]
    [InlineData("^")]
    [InlineData("?")]
    [InlineData("!")]
    [InlineData("@")]
    [InlineData("*")]
    [InlineData("&")]
    [InlineData("\\")]
    public void Unquoted_strings_hold_no_reserved_characters(string reserved)
    {
        var error = Hocon.Error($"\na = b{reserved}c");
        Assert.Equal((2, 6), (error.Line, error.Column));
        Assert.Contains("quotes", error.Expected, StringComparison.Ordinal);
        Hocon.Error($"a = 1{reserved}");
        Hocon.Error($"a = {reserved}");
    }

    [Theory]
    [InlineData("a=\"\"\"x\"\"\"", "x")]
    [InlineData("a=\"\"\"\"\"\"", "")]
    [InlineData("a=\"\"\"foo\"\"\"\"", "foo\"")]
    [InlineData("a=\"\"\"foo\"\"\"\"\"", "foo\"\"")]
    [InlineData("a=\"\"\" x \n\t y\\n\\u0041 \"q\" \"\"\"", " x \n\t y\\n\\u0041 \"q\" ")]
    [InlineData("a=\"\"\"${x} # no\"\"\"", "${x} # no")]
    public void Multi_line_strings_are_taken_as_they_are(string text, string value) => Assert.Equal(value, Hocon.Object(text).GetString("a"));

    [Fact]
    public void Multi_line_strings_count_as_lines_and_must_end()
    {
        Assert.Equal(4, Hocon.Error("a=\"\"\"\n\n\"\"\"\nb=$").Line);
        Assert.Equal((1, 3), (Hocon.Error("a=\"\"\"x\"\"").Line, Hocon.Error("a=\"\"\"x\"\"").Column));
    }
}
