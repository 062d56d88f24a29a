namespace Runner.Hocon.Tests;

/// <summary>The sections on includes.</summary>
public sealed class IncludeTests
{
    [Theory]
    [InlineData("include \"b.conf\"")]
    [InlineData("include   \"b.conf\"")]
    [InlineData("include\n\n\"b.conf\"")]
    [InlineData("include file(\"b.conf\")")]
    [InlineData("include file( \"b.conf\"\n)")]
    [InlineData("include required(\"b.conf\")")]
    [InlineData("include required( file( \"b.conf\" ) )")]
    [InlineData("{include \"b.conf\"}")]
    [InlineData("include \"b.conf\",")]
    [InlineData("include \"/conf/b.conf\"")]
    public void Include_syntax_is_a_quoted_name_or_a_function(string text) =>
        MemoryFiles.Mean("{'x':1}", ("/conf/main.conf", text), ("/conf/b.conf", "x=1"));

    [Theory]
    [InlineData("include b.conf")]
    [InlineData("include ${b}")]
    [InlineData("include \"b\" \"c\"")]
    [InlineData("include \"b\" x=1")]
    [InlineData("include file(b.conf)")]
    [InlineData("include file(\"b.conf\"")]
    [InlineData("include file (\"b.conf\")")]
    [InlineData("include required(\"b.conf\"))")]
    [InlineData("include")]
    [InlineData("include [1]")]
    public void Include_syntax_takes_nothing_else(string text) => MemoryFiles.Error(("/conf/main.conf", text));

    [Theory]
    [InlineData("{foo include : 42}", "{'foo include':42}")]
    [InlineData("foo : include", "{'foo':'include'}")]
    [InlineData("[ include ]", "['include']")]
    [InlineData("\"include\" : 42", "{'include':42}")]
    [InlineData("includes : 42", "{'includes':42}")]
    [InlineData("a.include : 42", "{'a':{'include':42}}")]
    public void Include_syntax_is_special_at_the_beginning_of_a_key_alone(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("include \"b\",a=1", "{'a':1,'c':2}")]
    [InlineData("a=1\ninclude \"b\"", "{'a':0,'c':2}")]
    [InlineData("a{x=1},include \"b\",a{y=1}", "{'a':{'y':1},'c':2}")]
    [InlineData("o{include \"b\"}", "{'o':{'a':0,'c':2}}")]
    [InlineData("o.p{c=1,include \"b\"}", "{'o':{'p':{'c':2,'a':0}}}")]
    public void Include_semantics_merging_keys_stand_where_the_include_stands(string text, string json) =>
        MemoryFiles.Mean(json, ("/conf/main.conf", text), ("/conf/b.conf", "a=0,c=2"));

    [Fact]
    public void Include_semantics_merging_an_array_cannot_be_included() =>
        Assert.Equal(2, MemoryFiles.Error(("/conf/main.conf", "\ninclude \"b\""), ("/conf/b.conf", "[1]")).Line);

    [Theory]
    [InlineData("a:{include \"b\"}", "{'a':{'x':10,'y':10}}")]
    [InlineData("a:{include \"b\"},a:{x:42}", "{'a':{'x':42,'y':42}}")]
    [InlineData("a.b:{include \"b\"},x=1", "{'a':{'b':{'x':10,'y':10}},'x':1}")]
    [InlineData("l:[{include \"b\"}]", "{'l':[{'x':10,'y':10}]}")]
    [InlineData("l:[{i{include \"b\"}},{x=7}]", "{'l':[{'i':{'x':10,'y':10}},{'x':7}]}")]
    public void Include_semantics_substitution_is_relative_to_the_included_root_first(string text, string json) =>
        MemoryFiles.Mean(json, ("/conf/main.conf", text), ("/conf/b.conf", "x:10,y:${x}"));

    [Theory]
    [InlineData("z=1,a:{include \"b\"}", "{'z':1,'a':{'y':1}}")]
    [InlineData("l:[{include \"b\"}],z=1", "{'l':[{'y':1}],'z':1}")]
    public void Include_semantics_substitution_is_relative_to_the_whole_root_second(string text, string json) =>
        MemoryFiles.Mean(json, ("/conf/main.conf", text), ("/conf/b.conf", "y:${z}"));

    [Fact]
    public void Include_semantics_substitution_holds_for_appending_and_for_nested_includes() =>
        MemoryFiles.Mean(
            "{'o':{'l':[1],'p':{'x':1,'l':[2,3],'y':1}}}",
            ("/conf/main.conf", "o{include \"b\"}"), ("/conf/b.conf", "l+=1,p{include \"c\"}"), ("/conf/c.conf", "x=1,l+=2,l+=3,y=${x}"));

    [Fact]
    public void Include_semantics_missing_files_are_ignored_unless_required()
    {
        MemoryFiles.Mean("{'a':1}", ("/conf/main.conf", "include \"no.conf\"\ninclude \"no\"\na=1"));
        var error = MemoryFiles.Error(("/conf/main.conf", "a=1\n  include required(\"no.conf\")"));
        Assert.Equal(("/conf/main.conf", 2, 3), (error.File, error.Line, error.Column));
        Assert.Contains("no.conf", error.Problem, StringComparison.Ordinal);
        MemoryFiles.Error(("/conf/main.conf", "include required(\"no\")"));
    }

    [Fact]
    public void Include_semantics_file_formats_without_an_extension_all_are_merged_with_hocon_last() =>
        MemoryFiles.Mean(
            "{'a':'conf','b':'json','c':'properties'}",
            ("/conf/main.conf", "include \"b\""),
            ("/conf/b.properties", "a=properties\nb=properties\nc=properties"), ("/conf/b.json", "{\"a\":\"json\",\"b\":\"json\"}"),
            ("/conf/b.conf", "a=conf"));

    [Fact]
    public void Include_semantics_file_formats_go_by_the_extension()
    {
        MemoryFiles.Mean("{'a':{'b':'${x} 1'}}", ("/conf/main.conf", "include \"b.properties\""), ("/conf/b.properties", "a.b=${x} 1"));
        MemoryFiles.Mean("{'a':1}", ("/conf/main.conf", "include \"b.txt\""), ("/conf/b.txt", "a=1"));
        var error = MemoryFiles.Error(("/conf/main.conf", "include \"b.json\""), ("/conf/b.json", "{\"a\":1,\n\"b\":x}"));
        Assert.Equal(("/conf/b.json", 2), (error.File, error.Line));
    }

    [Fact]
    public void Include_semantics_locating_resources_is_relative_to_the_including_file()
    {
        MemoryFiles.Mean(
            "{'a':1,'b':2}",
            ("/conf/main.conf", "include \"sub/b.conf\""), ("/conf/sub/b.conf", "a=1,include \"../c.conf\""), ("/conf/c.conf", "b=2"));
        Assert.Equal(
            "/conf/sub/b.conf:1:3",
            MemoryFiles.Error(("/conf/main.conf", "include \"sub/b.conf\""), ("/conf/sub/b.conf", "a=}")).Origin.ToString());
    }

    [Theory]
    [InlineData("include url(\"http://x/y.conf\")")]
    [InlineData("include \"https://x/y.conf\"")]
    [InlineData("include \"file:///x\"")]
    [InlineData("include classpath(\"x.conf\")")]
    [InlineData("include required(classpath(\"x.conf\"))")]
    public void Include_semantics_locating_resources_refuses_urls_and_the_classpath(string text)
    {
        var files = new MemoryFiles(("/conf/main.conf", text));
        Assert.Contains("file(", Assert.Throws<HoconException>(() => files.Load()).Expected, StringComparison.Ordinal);
        Assert.Equal(["/conf/main.conf"], files.Asked);
    }

    [Fact]
    public void Includes_in_a_circle_are_an_error()
    {
        var error = MemoryFiles.Error(("/conf/main.conf", "include \"b.conf\""), ("/conf/b.conf", "x=1\ninclude \"main.conf\""));
        Assert.Equal("/conf/b.conf:2:1", error.Origin.ToString());
        Assert.Contains("/conf/main.conf -> /conf/b.conf -> /conf/main.conf", error.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Includes_are_bounded_in_depth_and_number()
    {
        var deep = Enumerable.Range(0, 60).Select(i => ($"/conf/{i}.conf", $"include \"{i + 1}.conf\"")).ToArray();
        Assert.Contains("at most 50", MemoryFiles.Error(deep).Expected, StringComparison.Ordinal);
        var wide = Enumerable.Range(0, 20).Select(i => ($"/conf/{i}.conf", $"include \"{i + 1}.conf\"\ninclude \"{i + 1}.conf\"")).ToArray();
        Assert.Contains("1000 in all", MemoryFiles.Error(wide).Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Includes_that_cannot_be_read_are_errors()
    {
        var folder = Directory.CreateTempSubdirectory("hocon-").FullName;
        try
        {
            var path = Path.Combine(folder, "main.conf");
            File.WriteAllText(path, "include \"b\\u0000.conf\"");
            Assert.Throws<HoconException>(() => HoconLoader.Load(path));
            Assert.Throws<HoconException>(() => HoconLoader.Load(Path.Combine(folder, "no.conf")));
            Directory.CreateDirectory(Path.Combine(folder, "sub"));
            File.WriteAllText(path, "include \"sub/b\"\nr=${?RUNNER_NOT_SET}");
            File.WriteAllText(Path.Combine(folder, "sub", "b.conf"), "\uFEFFa=1");
            var value = HoconLoader.Load(path);
            Assert.Equal("{\"a\":1}", value.ToJson());
            Assert.Equal($"{Path.Combine(folder, "sub", "b.conf")}:1", value.Get("a").Origin.FileAndLine);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
