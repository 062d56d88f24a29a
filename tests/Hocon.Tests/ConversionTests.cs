namespace Runner.Hocon.Tests;

/// <summary>The sections from «Conversion of numerically-indexed objects to arrays» to «Size in bytes format».</summary>
public sealed class ConversionTests
{
    [Theory]
    [InlineData("a{0:x,1:y}", "x,y")]
    [InlineData("a{2:y,0:x}", "x,y")]
    [InlineData("a{10:z,9:y,b:no,-1:no,\"1.5\":no}", "y,z")]
    [InlineData("a=[x]{0:y}", "x,y")]
    [InlineData("a={0:y}[x]", "y,x")]
    [InlineData("o{0:y},a=[x]${o}", "x,y")]
    [InlineData("a{0:x},a+=y", "x,y")]
    public void Numerically_indexed_objects_become_arrays_where_one_is_wanted(string text, string items) =>
        Assert.Equal(items, string.Join(',', Hocon.Object(text).Get("a").AsList().Select(i => i.AsString())));

    [Fact]
    public void Numerically_indexed_objects_stay_objects_otherwise() => Hocon.Means("a{0:x}", "{'a':{'0':'x'}}");

    [Theory]
    [InlineData("a={}")]
    [InlineData("a={b:1}")]
    [InlineData("a=x")]
    [InlineData("a=null")]
    public void Numerically_indexed_objects_need_a_number(string text) => Assert.Throws<HoconException>(() => Hocon.Object(text).Get("a").AsList());

    [Fact]
    public void Numerically_indexed_objects_without_a_number_do_not_join_an_array() => Hocon.Error("a=[1]{b:1}");

    [Fact]
    public void Automatic_type_conversions_to_string_keep_the_text()
    {
        var value = Hocon.Object("n=1.50,b=true,s=x");
        Assert.Equal(("1.50", "true", "x"), (value.GetString("n"), value.GetString("b"), value.GetString("s")));
    }

    [Theory]
    [InlineData("42", 42)]
    [InlineData("\"42\"", 42)]
    [InlineData("-1", -1)]
    [InlineData("1e3", 1000)]
    [InlineData("5.0", 5)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Automatic_type_conversions_to_whole_numbers(string text, long expected) =>
        Assert.Equal(expected, Hocon.Object($"a={text}").Get("a").AsLong());

    [Theory]
    [InlineData("1.5")]
    [InlineData("x")]
    [InlineData("\"\"")]
    [InlineData("\" 1\"")]
    [InlineData("9223372036854775808")]
    [InlineData("1e999")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("{0:1}")]
    public void Automatic_type_conversions_to_whole_numbers_take_no_others(string text)
    {
        var error = Assert.Throws<HoconException>(() => Hocon.Object($"\na={text}").Get("a").AsLong());
        Assert.Equal(2, error.Line);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("yes", true)]
    [InlineData("on", true)]
    [InlineData("\"true\"", true)]
    [InlineData("false", false)]
    [InlineData("no", false)]
    [InlineData("off", false)]
    public void Automatic_type_conversions_to_boolean_know_six_words(string text, bool expected) =>
        Assert.Equal(expected, Hocon.Object($"a={text}").Get("a").AsBoolean());

    [Theory]
    [InlineData("1")]
    [InlineData("True")]
    [InlineData("y")]
    [InlineData("null")]
    public void Automatic_type_conversions_to_boolean_know_no_others(string text) =>
        Assert.Throws<HoconException>(() => Hocon.Object($"a={text}").Get("a").AsBoolean());

    [Fact]
    public void Automatic_type_conversions_to_null_take_the_word()
    {
        var value = Hocon.Object("a=null,b=\"null\",c=\"\"");
        Assert.Equal((true, true, false), (value.Get("a").IsNull, value.Get("b").IsNull, value.Get("c").IsNull));
    }

    [Fact]
    public void Automatic_type_conversions_of_null_arrays_and_objects_are_refused()
    {
        var value = Hocon.Object("n=null,a=[1],o={x=1},s=x");
        Assert.All(["n", "a", "o", "missing", "s.x"], path => Assert.Throws<HoconException>(() => value.GetString(path)));
        Assert.All(["n", "a", "s"], path => Assert.Throws<HoconException>(() => value.GetObject(path)));
    }

    [Theory]
    [InlineData("10", 10)]
    [InlineData("\"10\"", 10)]
    [InlineData("10ms", 10)]
    [InlineData("\" 10 \u00A0 ms \"", 10)]
    [InlineData("1.5 s", 1500)]
    [InlineData("-1s", -1000)]
    [InlineData("1e3", 1000)]
    [InlineData("\"1e3s\"", 1_000_000)]
    public void Units_format_is_a_number_and_a_unit(string text, double milliseconds) =>
        Assert.Equal(milliseconds, Hocon.Object($"a={text}").Get("a").AsDuration().TotalMilliseconds);

    [Theory]
    [InlineData("ms")]
    [InlineData("1 ms x")]
    [InlineData("1 m2")]
    [InlineData("1 MS")]
    [InlineData("1 fortnight")]
    [InlineData("\"\"")]
    [InlineData("true")]
    [InlineData("1e20 d")]
    [InlineData("1e40")]
    public void Units_format_takes_nothing_else(string text) => Assert.Throws<HoconException>(() => Hocon.Object($"a={text}").Get("a").AsDuration());

    [Theory]
    [InlineData("ns nano nanos nanosecond nanoseconds", 0.01)]
    [InlineData("us micro micros microsecond microseconds", 10)]
    [InlineData("ms milli millis millisecond milliseconds", TimeSpan.TicksPerMillisecond)]
    [InlineData("s second seconds", TimeSpan.TicksPerSecond)]
    [InlineData("m minute minutes", TimeSpan.TicksPerMinute)]
    [InlineData("h hour hours", TimeSpan.TicksPerHour)]
    [InlineData("d day days", TimeSpan.TicksPerDay)]
    public void Duration_format_knows_these_units(string units, double ticks) =>
        Assert.All(units.Split(' '), unit => Assert.Equal((long)(300 * ticks), Hocon.Object($"a=300 {unit}").Get("a").AsDuration().Ticks));

    [Theory]
    [InlineData("B b byte bytes", 1)]
    [InlineData("kB kilobyte kilobytes", 1e3)]
    [InlineData("MB megabyte megabytes", 1e6)]
    [InlineData("GB gigabyte gigabytes", 1e9)]
    [InlineData("TB terabyte terabytes", 1e12)]
    [InlineData("PB petabyte petabytes", 1e15)]
    [InlineData("EB exabyte exabytes", 1e18)]
    [InlineData("K k Ki KiB kibibyte kibibytes", 1L << 10)]
    [InlineData("M m Mi MiB mebibyte mebibytes", 1L << 20)]
    [InlineData("G g Gi GiB gibibyte gibibytes", 1L << 30)]
    [InlineData("T t Ti TiB tebibyte tebibytes", 1L << 40)]
    [InlineData("P p Pi PiB pebibyte pebibytes", 1L << 50)]
    [InlineData("E e Ei EiB exbibyte exbibytes", 1L << 60)]
    public void Size_in_bytes_format_knows_these_units(string units, double bytes) =>
        Assert.All(units.Split(' '), unit => Assert.Equal((long)(3 * bytes), Hocon.Object($"a=\"3 {unit}\"").Get("a").AsSize()));

    [Fact]
    public void Size_in_bytes_format_overflows_in_zetta_and_yotta()
    {
        Assert.Equal((1024L, 1536L), (Hocon.Object("a=1024").Get("a").AsSize(), Hocon.Object("a=1.5K").Get("a").AsSize()));
        foreach (var unit in "ZB zettabyte zettabytes YB yottabyte yottabytes Z z Zi ZiB zebibyte zebibytes Y y Yi YiB yobibyte yobibytes".Split(' '))
        {
            Assert.Contains(
                "too large", Assert.Throws<HoconException>(() => Hocon.Object($"a=\"1 {unit}\"").Get("a").AsSize()).Problem,
                StringComparison.Ordinal);
            Assert.InRange(Hocon.Object($"a=\"0.000001 {unit}\"").Get("a").AsSize(), 1_000_000_000_000_000, 1_300_000_000_000_000_000);
        }

        Assert.All(
            ["1 KB", "1 kiB", "1 kb", "1 mB", "-1 B"], text => Assert.Throws<HoconException>(() => Hocon.Object($"a=\"{text}\"").Get("a").AsSize()));
    }
}
