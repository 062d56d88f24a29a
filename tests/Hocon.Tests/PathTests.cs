namespace Runner.Hocon.Tests;

/// <summary>The sections on path expressions and on paths as keys.</summary>
public sealed class PathTests
{
    [Theory]
    [InlineData("foo.bar.\"hello.world\"", new[] { "foo", "bar", "hello.world" })]
    [InlineData("10.0foo", new[] { "10", "0foo" })]
    [InlineData("foo10.0", new[] { "foo10", "0" })]
    [InlineData("foo\"10.0\"", new[] { "foo10.0" })]
    [InlineData("1.2.3", new[] { "1", "2", "3" })]
    [InlineData("a.\"\".b", new[] { "a", "", "b" })]
    [InlineData("\"\"", new[] { "" })]
    [InlineData("true", new[] { "true" })]
    [InlineData("null.x", new[] { "null", "x" })]
    [InlineData(" a b . c ", new[] { "a b ", " c" })]
    [InlineData("\"\"\"a.b\"\"\".c", new[] { "a.b", "c" })]
    [InlineData("a \"b\".c", new[] { "a b", "c" })]
    public void Path_expressions_are_parted_by_dots_outside_quotes(string path, string[] elements)
    {
        Assert.Equal(elements, HoconPath.Parse(path));
        Assert.Equal(elements, HoconPath.Parse(HoconPath.Render(elements)));
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("a.${b}")]
    [InlineData("a{")]
    [InlineData("a\nb")]
    public void Path_expressions_have_no_empty_elements_and_no_substitutions(string path)
    {
        Assert.Throws<HoconException>(() => HoconPath.Parse(path));
        Hocon.Error($"x = ${{{path}}}");
        Hocon.Error($"{path} = 1");
    }

    [Theory]
    [InlineData("foo.bar : 42", "{'foo':{'bar':42}}")]
    [InlineData("foo.bar.baz : 42", "{'foo':{'bar':{'baz':42}}}")]
    [InlineData("a.x : 42, a.y : 43", "{'a':{'x':42,'y':43}}")]
    [InlineData("a.x { y : 1 }\na { x.z : 2 }", "{'a':{'x':{'y':1,'z':2}}}")]
    [InlineData("a b c : 42", "{'a b c':42}")]
    [InlineData("true : 42", "{'true':42}")]
    [InlineData("3 : 42", "{'3':42}")]
    [InlineData("3.14 : 42", "{'3':{'14':42}}")]
    [InlineData("1e5 : 42", "{'1e5':42}")]
    [InlineData("\"a.b\" : 42", "{'a.b':42}")]
    [InlineData("a = 1, a.b = 2", "{'a':{'b':2}}")]
    [InlineData("a.b = 2, a = 1", "{'a':1}")]
    [InlineData("1+=2", "{'1':[2]}")]
    public void Paths_as_keys_make_objects(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("include : 1")]
    [InlineData("include = 1")]
    [InlineData("include {}")]
    [InlineData("include x : 1")]
    [InlineData("include .x : 1")]
    public void Paths_as_keys_do_not_begin_with_the_word_include(string text) => Hocon.Error(text);
}
