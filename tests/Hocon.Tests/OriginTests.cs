namespace Runner.Hocon.Tests;

/// <summary>Values and errors know where they were written.</summary>
public sealed class OriginTests
{
    [Theory]
    [InlineData("a = 1\nb = }", 2, 5, "a value")]
    [InlineData("a = \"x\n", 1, 5, "on the same line")]
    [InlineData("\n  a : [1, 2", 2, 12, "']'")]
    [InlineData("a = [1 2]\nb [", 2, 3, "':', '=', '+=' or '{'")]
    [InlineData("a = {x = 1} y", 1, 13, "newlines or commas")]
    [InlineData("a = ${b.c", 1, 10, "'}'")]
    [InlineData("a = 1\n\n  b = x${c}y", 3, 8, "${?")]
    [InlineData("a..b = 1", 1, 3, "\"\"")]
    [InlineData("include 5", 1, 9, "file(")]
    [InlineData("a = x@y", 1, 6, "quotes")]
    public void An_error_says_file_line_column_and_what_was_expected(string text, int line, int column, string expected)
    {
        var error = Assert.Throws<HoconException>(() => HoconDocument.ParseText(text, new HoconOptions { File = "my.conf" }));

        Assert.Equal(("my.conf", line, column), (error.File, error.Line, error.Column));
        Assert.Contains(expected, error.Expected, StringComparison.Ordinal);
        Assert.Equal($"my.conf:{line}:{column}: {error.Problem}; expected {error.Expected}.", error.Message);
    }

    [Fact]
    public void A_value_says_where_it_was_written()
    {
        var value = Hocon.Object("a {\n  b = 1\n}\nc = ${a.b}\na.b = 2\nd = x ${c}\ne = [\n  1\n]\ne += 3");

        Assert.Equal("text:5:7", value.Get("a.b").Origin.ToString());
        Assert.Equal("text:5", value.Get("c").Origin.FileAndLine);
        Assert.Equal("text:6", value.Get("d").Origin.FileAndLine);
        Assert.Equal(["text:8", "text:10"], value.Get("e").AsList().Select(i => i.Origin.FileAndLine));
    }

    [Fact]
    public void A_value_that_is_asked_for_and_missing_is_an_error()
    {
        var value = Hocon.Object("a.b = 1");
        Assert.Contains("a.c", Assert.Throws<HoconException>(() => value.Get("a.c")).Message, StringComparison.Ordinal);
        Assert.False(value.TryGet("a.b.c", out _));
        Assert.Throws<HoconException>(() => HoconDocument.ParseText("[1]").Object);
    }

    [Fact]
    public void A_limit_that_is_raised_too_far_ends_in_the_typed_error()
    {
        var options = new HoconOptions { MaxNesting = int.MaxValue, MaxChain = int.MaxValue };
        Assert.Throws<HoconException>(() => HoconDocument.ParseText(new string('[', 5_000_000), options));
    }
}
