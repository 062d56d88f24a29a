namespace Runner.Hocon.Tests;

/// <summary>The sections on substitutions.</summary>
public sealed class SubstitutionTests
{
    [Theory]
    [InlineData("a=${b},b=1", "{'a':1,'b':1}")]
    [InlineData("b=1,a=${b},b=2", "{'b':2,'a':2}")]
    [InlineData("a=${b.c},b.c=1,b{c=3}", "{'a':3,'b':{'c':3}}")]
    [InlineData("a=${\"b.c\"},\"b.c\"=1", "{'a':1,'b.c':1}")]
    [InlineData("a=${ b },b=[1]", "{'a':[1],'b':[1]}")]
    [InlineData("a=${b c},\"b c\"=null", "{'a':null,'b c':null}")]
    [InlineData("a=[${b},${b}],b={x=1}", "{'a':[{'x':1},{'x':1}],'b':{'x':1}}")]
    [InlineData("a{b=1},c{b=2,d=${a.b}}", "{'a':{'b':1},'c':{'b':2,'d':1}}")]
    public void Substitutions_take_the_final_value_of_an_absolute_path(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("a=${b}")]
    [InlineData("a=${b},c=${?b}")]
    [InlineData("a=x${b}")]
    [InlineData("a=[${b}]")]
    [InlineData("a=${b.c},b=1")]
    [InlineData("a=${b.0},b=[1]")]
    public void Substitutions_without_a_value_are_errors(string text) => Assert.Contains("${b", Hocon.Error(text).Problem, StringComparison.Ordinal);

    [Theory]
    [InlineData("a=${b")]
    [InlineData("a=${}")]
    [InlineData("a=${ ?b}")]
    [InlineData("a=${? }")]
    [InlineData("a=$ {b}")]
    [InlineData("a=$b")]
    [InlineData("a=${${b}}")]
    [InlineData("a=${b\n}")]
    [InlineData("${a}=1")]
    [InlineData("a${b}=1")]
    public void Substitutions_are_written_in_one_way(string text) => Hocon.Error(text);

    [Theory]
    [InlineData("a=${?b}", "{}")]
    [InlineData("a=1,a=${?b}", "{'a':1}")]
    [InlineData("a={x=1},a=${?b}", "{'a':{'x':1}}")]
    [InlineData("a=[1,${?b},2]", "{'a':[1,2]}")]
    [InlineData("a=x${?b}y", "{'a':'xy'}")]
    [InlineData("a=${?b}${?c}", "{}")]
    [InlineData("a=1,a=${?b}${?c}", "{'a':1}")]
    [InlineData("a=${?b}[1]", "{'a':[1]}")]
    [InlineData("a={x=1}${?b}", "{'a':{'x':1}}")]
    [InlineData("a=${?b}x", "{'a':'x'}")]
    [InlineData("a=[${?b}${?c}]", "{'a':[]}")]
    public void Substitutions_that_are_optional_vanish(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("path=\"a:b:c\",path=${path}\":d\"", "{'path':'a:b:c:d'}")]
    [InlineData("a=1,a=${a}2,a=${a}3", "{'a':'123'}")]
    [InlineData("foo:{a:1},foo:${foo}", "{'foo':{'a':1}}")]
    [InlineData("foo:${?foo}", "{}")]
    [InlineData("foo:${does-not-exist},foo:42", "{'foo':42}")]
    [InlineData("foo:${foo},foo:42", "{'foo':42}")]
    [InlineData("foo:{a:{c:1}},foo:${foo.a},foo:{a:2}", "{'foo':{'a':2,'c':1}}")]
    [InlineData("bar:{foo:42,baz:${bar.foo}}", "{'bar':{'foo':42,'baz':42}}")]
    [InlineData("bar:{foo:42,baz:${bar.foo}},bar:{foo:43}", "{'bar':{'foo':43,'baz':43}}")]
    [InlineData("bar:{a:${foo.d},b:1},bar.b=3,foo:{c:${bar.b},d:2},foo.d=4", "{'bar':{'a':4,'b':3},'foo':{'c':3,'d':4}}")]
    [InlineData("a=${?a}foo", "{'a':'foo'}")]
    [InlineData("a{x=1},a{x=${a.x}2}", "{'a':{'x':'12'}}")]
    [InlineData("g{p=[1]},e=${g}{p=${e.p}[2]}", "{'g':{'p':[1]},'e':{'p':[1,2]}}")]
    [InlineData("a=[1],a=${a}${a}", "{'a':[1,1]}")]
    [InlineData("a={x=1},a=${a}{y=${a.x}}", "{'a':{'x':1,'y':1}}")]
    public void Self_referential_substitutions_look_back(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("foo:${foo}")]
    [InlineData("foo:${foo},foo:{a:1}")]
    [InlineData("a=${a}bc")]
    [InlineData("a:{b:${a}}")]
    [InlineData("a:[${a}]")]
    [InlineData("a:1,a:[${a}]")]
    [InlineData("bar:${foo},foo:${bar}")]
    [InlineData("a:${b},b:${c},c:${a}")]
    [InlineData("a={b=${a}{c=1}}")]
    [InlineData("a={b=${c}},c={d=${a}}")]
    public void Self_referential_substitutions_that_find_nothing_are_errors(string text)
    {
        var error = Hocon.Error(text);
        Assert.Equal(1, error.Line);
        Assert.Contains("${", error.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a:{b:${?a}}", "{'a':{}}")]
    [InlineData("a:[1,${?a}]", "{'a':[1]}")]
    [InlineData("a:${?b},b:${?a}", "{}")]
    [InlineData("a:{b:{x=1},b:${?a}}", "{'a':{'b':{'x':1}}}")]
    public void Self_referential_substitutions_that_are_optional_count_a_circle_as_missing(string text, string json) => Hocon.Means(text, json);

    [Fact]
    public void Self_referential_substitutions_in_a_loop_of_two_fields_get_the_same_value()
    {
        var value = Hocon.Object("a:1,b:2,a:${b},b:${a}");
        Assert.Equal(value.Get("a").AsLong(), value.Get("b").AsLong());
    }

    [Theory]
    [InlineData("a+=b", "{'a':['b']}")]
    [InlineData("a=[1],a+=2,a+=3", "{'a':[1,2,3]}")]
    [InlineData("a+=1,a+=2", "{'a':[1,2]}")]
    [InlineData("a+=1,a=[0],a+=2", "{'a':[0,2]}")]
    [InlineData("a.b+=1,a{b+=2}", "{'a':{'b':[1,2]}}")]
    [InlineData("a+=[1]", "{'a':[[1]]}")]
    [InlineData("a+={x=1},a+={x=2}", "{'a':[{'x':1},{'x':2}]}")]
    [InlineData("b=1,a+=${b} x,a+=${?c}", "{'b':1,'a':['1 x']}")]
    [InlineData("g{p=[1]},e=${g},e{p+=2}", "{'g':{'p':[1]},'e':{'p':[1,2]}}")]
    [InlineData("x=[{a+=1,a+=2},{a+=3}]", "{'x':[{'a':[1,2]},{'a':[3]}]}")]
    [InlineData("b=[1],a=${b},a+=2,a+=3", "{'b':[1],'a':[1,2,3]}")]
    public void The_field_separator_plus_equals_appends_to_an_array(string text, string json) => Hocon.Means(text, json);

    [Theory]
    [InlineData("a=1,a+=2")]
    [InlineData("a=x,a+=2")]
    [InlineData("a={x=1},a+=2")]
    [InlineData("a=null,a+=2")]
    [InlineData("a+ =2")]
    public void The_field_separator_plus_equals_appends_to_nothing_else(string text) => Hocon.Error(text);
}
