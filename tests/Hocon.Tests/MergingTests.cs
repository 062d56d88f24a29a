using Runner.Hocon.Loading;

namespace Runner.Hocon.Tests;

/// <summary>The sections from «Config object merging and file merging» to «Substitution fallback to environment variables».</summary>
public sealed class MergingTests
{
    [Theory]
    [InlineData("{'a':{'x':1}}", "a{y:2}", "a:42", "a{x:1}")]
    [InlineData("{'a':{'y':2,'x':1}}", "a:42", "a{y:2}", "a{x:1}")]
    [InlineData("{'a':1,'b':2,'c':3}", "a:0,b:0", "a:1,b:2", "c:3")]
    public void Config_object_merging_is_that_of_duplicate_keys(string json, params string[] lowestFirst) =>
        Assert.Equal(json.Replace('\'', '"'), HoconObject.Merge([.. lowestFirst.Select(t => Hocon.Object(t))]).ToJson());

    [Theory]
    [InlineData("a.b=1", "{'a':{'b':'1'}}")]
    [InlineData(".=x", "{'':{'':'x'}}")]
    [InlineData("a.=x", "{'a':{'':'x'}}")]
    [InlineData("a=hello\na.b=world", "{'a':{'b':'world'}}")]
    [InlineData("a.b=world\na=hello", "{'a':{'b':'world'}}")]
    [InlineData("a=true\nb: 1\nc 2\nd", "{'a':'true','b':'1','c':'2','d':''}")]
    [InlineData("# c\n! c\n\n  a = b # no comment ", "{'a':'b # no comment '}")]
    [InlineData("a=x\\\n   y\nb=z\\\\", "{'a':'xy','b':'z\\\\'}")]
    [InlineData("a\\ b\\:c=\\u0041\\t\\q\\=", "{'a b:c':'A\\tq='}")]
    [InlineData("a=1\r\na=2\r\n", "{'a':'2'}")]
    [InlineData("foo.0=a\nfoo.1=b", "{'foo':{'0':'a','1':'b'}}")]
    [InlineData("a=\\", "{'a':''}")]
    public void Java_properties_mapping_makes_objects_of_strings(string text, string json) => MemoryFiles.Mean(json, ("/conf/main.properties", text));

    [Fact]
    public void Java_properties_mapping_has_errors_too()
    {
        Assert.Equal(2, MemoryFiles.Error(("/conf/main.properties", "a=1\n b=\\u12")).Line);
        MemoryFiles.Error(("/conf/main.properties", new string('.', 1000)));
    }

    [Theory]
    [InlineData("a=${HOME}", "{'a':'/me'}")]
    [InlineData("a=${?HOME}/x", "{'a':'/me/x'}")]
    [InlineData("HOME=1,a=${HOME}", "{'HOME':1,'a':1}")]
    [InlineData("HOME=null,a=${HOME}", "{'HOME':null,'a':null}")]
    [InlineData("a=x${EMPTY}y", "{'a':'xy'}")]
    [InlineData("a=${EMPTY}", "{'a':''}")]
    [InlineData("HOME=${HOME}/x", "{'HOME':'/me/x'}")]
    [InlineData("a=${home.dir}", "{'a':'dotted'}")]
    [InlineData("a=${?NONE}", "{}")]
    [InlineData("[${HOME}]", "['/me']")]
    public void Environment_variables_are_what_substitutions_fall_back_to(string text, string json) =>
        Assert.Equal(json.Replace('\'', '"'), Hocon.Json(text, ("HOME", "/me"), ("EMPTY", ""), ("home.dir", "dotted")));

    [Fact]
    public void Environment_variables_are_strings_that_convert()
    {
        var value = Hocon.Object("a=${N}", ("N", "5"));
        Assert.Equal(HoconKind.String, value.Get("a").Kind);
        Assert.Equal(5, value.Get("a").AsLong());
        Assert.Equal("the variable N", value.Get("a").Origin.ToString());
    }

    [Fact]
    public void Environment_variables_with_numbers_make_lists()
    {
        Assert.Equal("{\"a\":[\"x\",\"y\"]}", Hocon.Json("a=${L[]}", ("L_0", "x"), ("L_1", "y"), ("L_3", "no")));
        Assert.Equal("{\"a\":[\"x\",1]}", Hocon.Json("a=${L[]}[1]", ("L_0", "x")));
        Assert.Equal("{}", Hocon.Json("a=${?L[]}", ("L", "x")));
        Hocon.Error("a=${L[]}");
        Hocon.Error("a=${L[0]}");
    }

    [Fact]
    public void Included_files_fall_back_to_the_environment_by_the_path_as_written()
    {
        var files = new MemoryFiles(("/conf/main.conf", "o{include \"b\"}"), ("/conf/b.conf", "a=${HOME}"));
        Assert.Equal("{\"o\":{\"a\":\"/me\"}}", HoconLoader.Load("/conf/main.conf", files, n => n == "HOME" ? "/me" : null).ToJson());
    }

    [Fact]
    public void Without_includes_none_are_found() => Assert.Null(NoIncludes.Instance.Read(NoIncludes.Instance.Locate("a", "b")));
}
