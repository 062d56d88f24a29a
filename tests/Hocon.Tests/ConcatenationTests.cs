namespace Runner.Hocon.Tests;

/// <summary>The sections on value concatenation.</summary>
public sealed class ConcatenationTests
{
    [Theory]
    [InlineData("a = foo bar baz ", "{'a':'foo bar baz'}")]
    [InlineData("a =  foo \t bar // c", "{'a':'foo \\t bar'}")]
    [InlineData("a = \"x\" y\"z\"", "{'a':'x yz'}")]
    [InlineData("a = true foo", "{'a':'true foo'}")]
    [InlineData("a = 1 null", "{'a':'1 null'}")]
    [InlineData("a = 1e5 x", "{'a':'1e5 x'}")]
    [InlineData("a = \"\" \"\"", "{'a':' '}")]
    [InlineData("a = x \"\"\" y\n\"\"\" z", "{'a':'x  y\\n z'}")]
    [InlineData("[ This is one string, and another ]", "['This is one string','and another']")]
    [InlineData("a b \"c.d\" = 1", "{'a b c.d':1}")]
    public void String_value_concatenation_keeps_the_whitespace_inside(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("a = true", "{'a':true}")]
    [InlineData("a = 1e5", "{'a':1e5}")]
    [InlineData("a = null", "{'a':null}")]
    [InlineData("b=1,a = ${b}", "{'b':1,'a':1}")]
    public void String_value_concatenation_leaves_a_single_value_its_type(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("n=1.50,a = ${n}x", "'1.50x'")]
    [InlineData("n=null,a = x${n}", "'xnull'")]
    [InlineData("n=true,a = ${n}${n}", "'truetrue'")]
    [InlineData("n=b,a = ${n} ${n}", "'b b'")]
    [InlineData("n=b,a = \"${n}\"", "'${n}'")]
    [InlineData("n=b,a = ${n}\" is\"", "'b is'")]
    public void String_value_concatenation_converts_substituted_values(string text, string json) =>
        Assert.Equal(json.Replace('\'', '"'), Hocon.Object(text).Get("a").ToJson());

    [Theory]
    [InlineData("a = [1] x")]
    [InlineData("a = x [1]")]
    [InlineData("a = {} x")]
    [InlineData("a = 1 {b=2}")]
    [InlineData("a = [1] \" \" [2]")]
    [InlineData("o={},a = ${o} x")]
    [InlineData("o=[1],a = x ${o}")]
    [InlineData("o=[1],a = ${o} \" \" ${o}")]
    public void String_value_concatenation_takes_no_arrays_and_objects(string text) => Hocon.Error(text);

    [Theory]
    [InlineData("a : { b : 1 } { c : 2 }", "{'a':{'b':1,'c':2}}")]
    [InlineData("a : { b : 1 } { b : 2 }{}", "{'a':{'b':2}}")]
    [InlineData("a { b : 1 } { c : 2 }", "{'a':{'b':1,'c':2}}")]
    [InlineData("a : [1,2] [3,4]", "{'a':[1,2,3,4]}")]
    [InlineData("a : [\n1\n][\n2\n]", "{'a':[1,2]}")]
    [InlineData("p = [/bin]\np = ${p} [/usr/bin]", "{'p':['/bin','/usr/bin']}")]
    [InlineData("g = {s = 6}\ne = ${g} {n = east}", "{'g':{'s':6},'e':{'s':6,'n':'east'}}")]
    [InlineData("g = {s = 6}\ne = {s = 1} ${g}", "{'g':{'s':6},'e':{'s':6}}")]
    [InlineData("x=[1],y=[2],a=${x}   ${y}", "{'x':[1],'y':[2],'a':[1,2]}")]
    [InlineData("x={p=1},y={q=2},a=${x} ${y}", "{'x':{'p':1},'y':{'q':2},'a':{'p':1,'q':2}}")]
    public void Array_and_object_concatenation_joins_and_merges(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("a = [1] {b=1}")]
    [InlineData("a = {b=1} [1]")]
    [InlineData("o={b=1},a = [1] ${o}")]
    [InlineData("o=[1],a = {} ${o}")]
    [InlineData("{a=1} = 1")]
    [InlineData("[1] = 1")]
    public void Array_and_object_concatenation_does_not_mix_them(string text) => Hocon.Error(text);

    [Theory]
    [InlineData("a = [1]\n[2]")]
    [InlineData("a = {}\n{}")]
    public void Array_and_object_concatenation_ends_with_the_line(string text) => Hocon.Error(text);

    [Theory]
    [InlineData("[ 1 2 3 4 ]", "['1 2 3 4']")]
    [InlineData("[ 1\n 2\n 3\n 4 ]", "[1,2,3,4]")]
    [InlineData("[ [ 1, 2 ] [ 3, 4 ] ]", "[[1,2,3,4]]")]
    [InlineData("[ [ 1, 2 ]\n [ 3, 4 ] ]", "[[1,2],[3,4]]")]
    [InlineData("{a=1,b=[ ${a} ${a}, ${a} x ]}", "{'a':1,'b':['1 1','1 x']}")]
    public void Arrays_without_commas_or_newlines_are_concatenations(string text, string json) => Hocon.Means(text, json);
}
