namespace Runner.Hocon.Tests;

/// <summary>Texts that are nearly HOCON; the seed decides them.</summary>
internal sealed class Mutations(int seed)
{
    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", ":", "=", "+=", ",", "\n", " ", ".", "..", "\"", "\"\"\"", "\\", "\\u00", "$", "${", "${?", "${a}", "${?a}", "${b.c}",
        "${A}", "${L[]}", "[]}",
        "#", "//", "/", "include ", "include \"self\"", "include \"b.conf\"", "include required(", "file(\"b.json\")", "url(", ")", "a", "b", "c",
        "a.b", "\"a.b\"", "0", "-", "1e", "1e+5",
        "true", "null", "x y", "\u00A0", "\u2028", "\uFEFF", "\0", "\u0001", "\ud800", "\udc00", "😀", "+", "`", "^", "?", "!", "@", "*", "&", "a=1",
        "a=${a}", "a+=${a}", "{a=${a}}", "b{c=${a}}",
    ];

    private static readonly string[] Seeds =
    [
        "a=1,b=[1,2,3],c{d=x,e=\"y z\",f=null}",
        "a : 1\nb : ${a}\nb : ${b} x\nc = ${?b}${?d}[${a}]",
        "foo : { a : { c : 1 } }\nfoo : ${foo.a}\nfoo : { a : 2 }",
        "bar : { a : ${foo.d}, b : 1 }\nbar.b = 3\nfoo : { c : ${bar.b}, d : 2 }\nfoo.d = 4",
        "{\"a\":{\"b\":[true,false,null,-1.5e+3,\"\\u0041\\n\"]},\"c\":{}}",
        "path = [/bin]\npath = ${path} [/usr/bin]\npath += x\npath += ${A}",
        "g { s = 6, t = [1] }\ne = ${g} { n = east } ${g}\ne.t += 2\nl = ${L[]} [1] {0:x}",
        "include \"b\"\na { include \"b.conf\", b = ${x} }\nl = [{include \"b.json\"}, {include required(file(\"b.conf\"))}]",
        "t = \"\"\"multi\n line \"quoted\" \"\"\"\"\n# comment\n// another\nk e y . \"q.r\" = v a l # end",
        "a = {b = ${c}{d = 1}}\nc = {e = ${?a}}\na.b.c.d = ${a.b}\n",
        "[1\n2\n[3] [4], {a = 1} {b = 2}, ${A} x]",
        "a = ${b}\nb = ${c}\nc = ${?a}\nd = ${?d}x${?e}\n",
    ];

    private readonly Random _random = new(seed);

    public string Next()
    {
        var text = Pick(Seeds);
        for (var i = _random.Next(1, 5); i > 0; i--)
        {
            text = Mutate(text);
        }

        return text;
    }

    private string Mutate(string text)
    {
        var at = _random.Next(text.Length + 1);
        var length = _random.Next(Math.Min(12, text.Length - at) + 1);
        return _random.Next(8) switch
        {
            0 => text.Remove(at, length),
            1 => text.Insert(at, text.Substring(at, length)),
            2 or 3 => text.Insert(at, Pick(Tokens)),
            4 => text.Remove(at, length).Insert(at, Pick(Tokens)),
            5 => text.Insert(at, ((char)_random.Next(_random.Next(2) == 0 ? 0x100 : 0x10000)).ToString()),
            6 => text[..at] + "\n" + Pick(Seeds),
            _ => text.Insert(at, string.Concat(Enumerable.Repeat(Pick(Tokens), _random.Next(1, 6)))),
        };
    }

    private string Pick(string[] from) => from[_random.Next(from.Length)];
}
