using System.Diagnostics;
using Runner.Actors.Deployments;
using Runner.Actors.Processes.Shell;
using Runner.Messages.Deployments;

namespace Runner.Actors.Tests.Processes;

/// <summary>
/// Behaviour 93: what a shell makes of a template is the value, the whole value, and nothing but the value; what it would not is refused. On every
/// shell that is here.
/// </summary>
public sealed class ShellTextTests
{
    /// <summary>Ends in a letter, since shells cut line ends off what a command prints.</summary>
    private static readonly string[] Values =
    [
        "plain", "", "two words", "  spaces  inside  ", "it's", "a \"b\" c", "'", "\"", "$HOME", "$(echo gone)", "`echo gone`", "${x}", "$1 $# $@",
        "\\", "a\\nb\\", "\\\\'\\\"",
        "*", "/*", "?[a-z]*", "~", "-n", "--help", "-", "--", "; echo gone", "& echo gone &", "| cat", "> gone", "a\nb", "\n\nE", "a\n#b", "EOF",
        "E\nEOF\nE", "!", "!!", "#", "}", "{{ run.id }}",
        "a[$(echo gone >&2)]", "=", "A=b", "\t", "ä€😀", "%s%d\\", "done", "esac", ")", "A B * $(touch PWNED)", "x[$(echo gone >&2)]", "\u0001\u007f",
    ];

    public static TheoryData<string, string> Places => new()
    {
        { "printf '<%s>' {{ parameters.x }}", "<V>" },
        { "printf '<%s>' \"{{ parameters.x }}\"", "<V>" },
        { "printf '<%s>' pre{{ parameters.x }}post", "<preVpost>" },
        { "printf '<%s>' \"a {{ parameters.x }} b\"", "<a V b>" },
        { "printf '<%s>' --file={{ parameters.x }}", "<--file=V>" },
        { "printf '<%s>' {{ parameters.x }} {{parameters.x}}{{ parameters.x }}", "<V><VV>" },
        { "y={{ parameters.x }}; printf '<%s>' \"$y\"", "<V>" },
        { "printf '<%s>' \\\\{{ parameters.x }} \"\\\\{{ parameters.x }}\" \\${{ parameters.x }}", "<\\V><\\V><$V>" },
        { "printf '<%s>' \"$(printf '%s' {{ parameters.x }}; printf E)\"", "<VE>" },
        { "printf '<%s>' \"$(printf '%s' \"{{ parameters.x }}\"; printf E)\"", "<VE>" },
        { "(printf '<%s>' {{ parameters.x }})", "<V>" },
        { "f() { printf '<%s>' {{ parameters.x }} \"$1\"; }; f own", "<V><own>" },
        { "set -- a b; printf '<%s>' {{ parameters.x }} \"$@\"", "<V><a><b>" },
        { "printf '<%s>' \"$#\" {{ parameters.x }}", "<0><V>" },
        { "case {{ parameters.x }} in {{ parameters.x }}) printf '<%s>' same;; *) printf no;; esac", "<same>" },
        { "f() { case x in (x) printf '%s' {{ parameters.x }};; esac; }; printf '<%s>' \"$(f; printf E)\"", "<VE>" },
        { "for i do case $i in a) ;; esac; done; (case in in a|in) printf '<%s>' {{ parameters.x }};; esac)", "<V>" },
        { "printf '<%s>' \"a \\\nb $(printf '%s' \\\n {{ parameters.x }} \\\n# no \"\nprintf E)\"", "<a b VE>" },
        { "cat <<-A; cat <<'B'; printf '<%s>' {{ parameters.x }}\n\t{{ parameters.x }}|\n\tA\n\tB\nit's\\\nB\n", "V|\n\tB\nit's\\\n<V>" },
        { "printf '<%s>' \"${$}(a\" \"$?\" \"$#(\" \"$$ $$\" {{ parameters.x }} | sed '1s/[0-9][0-9][0-9]*/P/g'", "<P(a><0><0(><P P><V>" },
        { "x={{ parameters.x }}; export x; readonly x; trap 'printf \"<%s>\" \"$x\"' EXIT", "<V>" },
        { "IFS= read -r x <<EOF\na b\nEOF\nprintf '<%s>' \"$x\" {{ parameters.x }}", "<a b><V>" },
        { "printf '<%s>' \"export\" . file[0-9]x {{ parameters.x }} 2>&1", "<export><.><file[0-9]x><V>" },
        { "printf '<%s>' \"[{{ parameters.x }}]\" \"a[{{ parameters.x }}\"", "<[V]><a[V>" },
        { "# it's a comment with {{ parameters.x }}\nprintf '<%s>' {{ parameters.x }} # and \"another", "<V>" },
        { ": it\\'s '\"' \"'\"; printf '<%s>' {{ parameters.x }}", "<V>" },
        { "cat <<EOF\n<{{ parameters.x }}>\nEOF\n", "<V>\n" },
        { "cat <<EOF | sed 1d\nit's \"quoted\"\n<{{ parameters.x }}>\nEOF\nprintf '<%s>' {{ parameters.x }}", "<V>\n<V>" },
        { "cat <<-  EOF; printf '<%s>' {{ parameters.x }}\n\t<$(printf '%s' {{ parameters.x }}; printf E)>\n\tEOF\n", "<VE>\n<V>" },
        { "printf '<%s>' \"$(cat <<EOF\n{{ parameters.x }}E\nEOF\n)\"; printf '<%s>' {{ parameters.x }}", "<VE><V>" },
        { "if test {{ parameters.x }} = {{ parameters.x }}; then printf '<%s>' {{ parameters.x }}; fi", "<V>" },
        { "for i in {{ parameters.x }} b; do printf '<%s>' \"$i\"; done", "<V><b>" },
        { "printf '<%s>' {{ parameters.x }} | cat", "<V>" },
        { "printf '<%s>' ${y:-no} \"${y:-\"no\"}\" $((1 + (2 * 3))) `printf 'a\\`b'` {{ parameters.x }}", "<no><no><7><a`b><V>" },
        { "printf '<%s>' '{{.Names}}' \\\n  {{ parameters.x }}", "<{{.Names}}><V>" },
        { "printf '<%s>' {{ run.id }} {{ parameters.x }} {{ run.due }}", "<2><V><3>" },
        { "set -u; set -f; printf '<%s>' {{ parameters.x }}", "<V>" },
        { "-never 2>/dev/null || printf '<%s>' {{ parameters.x }}", "<V>" },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public async Task B93_a_template_is_its_value_wherever_it_may_stand(string text, string printed)
    {
        foreach (var shell in Shells())
        {
            foreach (var value in Values)
            {
                Assert.Equal((printed.Replace("V", value, StringComparison.Ordinal), $"{shell}: "), await Run(shell, text, value));
            }
        }
    }

    /// <summary>Whatever constructs of the shell stand around it and before it.</summary>
    [Fact]
    public async Task B93_a_template_is_its_value_however_deep_it_stands()
    {
        var random = new Random(93);
        var tried = 0;
        var refused = 0;
        string[] around =
        [
            "( @ )", "{ @; }", "f() { @; }; f \"a b\"", "case a in b) ;; (a|c) @;; esac", "if true; then @; else echo \"no\"; fi",
            "for i in 1; do @; done", "@ | cat", "printf '%s' \"$( @; printf E)\"",
            "cat <<M% | sed '$d'\n$( @; printf E)\nit's \"\nM%\n", "cat <<M% <<'N%' >/dev/null; @\n\"$(printf x)\nM%\nit's\nN%\n", "# don't \"\n@",
            ": '\"' \"'\" \\' \\\"; @",
            "set -- 'x y' z; @", ": $((1 + (2))) \"${x:-}\" ${x:-'}'} `printf \"'\"` ; @", "while true; do @; break; done", "! false && @",
            "x=$( @; printf E); printf '%s' \"$x\"", "@ # it's\n",
            "set -- a; for i do case $i in a) @;; esac; done", "(case b in a) echo in esac;; b) @;; esac)", "case in in (esac) ;; in) @;; esac",
            ": a \\\n b \\\n# it's \"\n@", ": \"a \\\nb\"; @",
            "case\\\n a in a) @;; esac", "c=case; @", ": \"$$ (\" $# $? $$\"'\" ; @", "cat <<M% >/dev/null\na \\\nM%\n@",
            "cat <<-M% <<-'N%' >/dev/null\n\tcase a in a)\n\tM%\n$(\\\n\tN%\n@", "@ >&1 2>&1",
        ];
        string[] inside =
        [
            "printf '<%s>' {{ parameters.x }}", "printf '<%s>' \"{{ parameters.x }}\"", "cat <<M%\n<{{ parameters.x }}>\nM%\n",
            "y=\"a {{ parameters.x }}\"; printf '<%s>' \"${y#a }\""
        ];
        for (var i = 0; i < 500; i++)
        {
            var text = inside[random.Next(inside.Length)].Replace("M%", "M", StringComparison.Ordinal);
            for (var depth = random.Next(5); depth > 0; depth--)
            {
                var one = around[random.Next(around.Length)].Replace("M%", $"M{depth}", StringComparison.Ordinal)
                    .Replace("N%", $"N{depth}", StringComparison.Ordinal);
                if (one.Contains("null; @", StringComparison.Ordinal) && text.Contains('\n', StringComparison.Ordinal))
                {
                    // The next line is the here-document's.
                    continue;
                }

                // What ends in a here-document wants its line for itself.
                text = one.Replace("@", text.EndsWith('\n') && !one.EndsWith('@') ? $"{{ {text}\n}}" : text, StringComparison.Ordinal);
            }

            var problems = ShellText.Of(text).Problems;
            if (!problems.IsEmpty)
            {
                refused++;
                Assert.All(
                    problems, p => Assert.Matches("'case' stands within|within a word; put a space|ends in a backslash|a line ends within", p));
                continue;
            }

            var value = Values[random.Next(Values.Length)];
            foreach (var shell in Shells())
            {
                // A text that a shell makes nothing of with a plain word there is none to try: bash has trouble with some here-documents.
                if ((await Run(shell, text.Replace("{{ parameters.x }}", "word", StringComparison.Ordinal), value)).Printed
                    .Contains("<word>", StringComparison.Ordinal))
                {
                    var (printed, said) = await Run(shell, text, value);
                    Assert.True(
                        printed.Contains($"<{value}>", StringComparison.Ordinal),
                        $"{shell} printed {printed} for {value} and said {said}:\n{text}\n{ShellText.Of(text).Script}");
                    Assert.False(printed.Contains("RUNNER_TEMPLATE", StringComparison.Ordinal), text);
                    tried++;
                }
            }
        }

        Assert.True(tried > 300 && refused is > 20 and < 350, $"{tried} were tried, {refused} refused");
    }

    [Theory]
    [InlineData(
        "echo '{{ parameters.x }}'",
        "'{{ parameters.x }}' stands within single quotes, where the shell replaces nothing; write it in double quotes, or without any")]
    [InlineData("echo `date {{ parameters.x }}`", "'{{ parameters.x }}' stands within backquotes; write $(…) instead of them")]
    [InlineData("echo \"`date {{ parameters.x }}`\"", "'{{ parameters.x }}' stands within backquotes; write $(…) instead of them")]
    [InlineData(
        "echo ${{ parameters.x }}", "'{{ parameters.x }}' stands right after '$', which the shell would take with it; write \\$ for a dollar sign")]
    [InlineData(
        "echo \"${{ parameters.x }}\"",
        "'{{ parameters.x }}' stands right after '$', which the shell would take with it; write \\$ for a dollar sign")]
    [InlineData(
        "echo \\{{ parameters.x }}",
        "'{{ parameters.x }}' stands right after a backslash, which would quote the reference's first character; write two for a backslash")]
    [InlineData(
        "echo \"\\{{ parameters.x }}\"",
        "'{{ parameters.x }}' stands right after a backslash, which would quote the reference's first character; write two for a backslash")]
    [InlineData(
        "echo ${y:-{{ parameters.x }}}", "'{{ parameters.x }}' stands within ${…}; give the value a name before, as in x=\"{{ … }}\", and use that")]
    [InlineData(
        "echo \"${y:-\"{{ parameters.x }}\"}\"",
        "'{{ parameters.x }}' stands within ${…}; give the value a name before, as in x=\"{{ … }}\", and use that")]
    [InlineData("echo $((1 + {{ parameters.x }}))", "'{{ parameters.x }}' stands within $((…)), where some shells run commands that a value names; "
        + "let a program calculate, such as expr or awk, or compare with [ … ]")]
    [InlineData("echo $((1 + $(echo {{ parameters.x }})))", "'{{ parameters.x }}' stands within $((…)), "
        + "where some shells run commands that a value names; let a program calculate, such as expr or awk, or compare with [ … ]")]
    [InlineData(
        "((y = \"{{ parameters.x }}\"))", "shells do not agree on what '((' is; put a space between the two for a command, and compare with [ … ]")]
    [InlineData("cat <<'EOF'\n{{ parameters.x }}\nEOF", "line 2: '{{ parameters.x }}' stands in a here-document whose end mark is quoted, "
        + "where the shell replaces nothing; leave the quotes off the mark, as in <<EOF")]
    [InlineData("cat <<\\EOF\n{{ parameters.x }}\nEOF", "line 2: '{{ parameters.x }}' stands in a here-document whose end mark is quoted, "
        + "where the shell replaces nothing; leave the quotes off the mark, as in <<EOF")]
    [InlineData("cat <<{{ parameters.x }}", "'{{ parameters.x }}' cannot be the end mark of a here-document, in which nothing is replaced")]
    [InlineData("cat <<EOF\n`cat {{ parameters.x }}`\nEOF", "line 2: '{{ parameters.x }}' stands within backquotes; write $(…) instead of them")]
    [InlineData("echo {{ parameters.x }}\necho \"open", "line 2: a double quote is not closed, so nobody can say what quotes a template stands in")]
    [InlineData("echo {{ parameters.x }} 'open", "a single quote is not closed, so nobody can say what quotes a template stands in")]
    [InlineData("echo {{ parameters.x }} $(open", "'$(' is not closed, so nobody can say what quotes a template stands in")]
    [InlineData("echo $'a' {{ parameters.x }}", "shells do not agree on what '$'' is, so nobody can say what quotes a template stands in; write '…'")]
    [InlineData(
        "echo $[1] {{ parameters.x }}", "shells do not agree on what '$[' is, so nobody can say what quotes a template stands in; write $((…))")]
    [InlineData("echo {{ paramters.x }}", "'{{ paramters.x }}' is not a template; "
        + "expected {{ parameters.NAME }}, or one of deployment.flow, deployment.name, run.attempt, run.due, run.id, "
        + "run.name and run.schedule (did you mean 'parameters.x'?). In single quotes braces stay as they are")]
    [InlineData(
        "echo {{ parameters.y }}",
        "parameter 'y' has no default in 'parameters', and no parameter_schema that is enforced requires it, so a run might lack it")]
    [InlineData(" ", "expected a text for /bin/sh without null characters, e.g. \"sort {{ parameters.file }} | uniq -c\"")]
    public void B93_where_a_template_cannot_stand_it_is_refused_with_what_to_write(string text, string problem) => Assert.Equal(
        [("shell", problem)], DeploymentRules.Problems(Spec with { Shell = text }).Select(p => (p.Field, p.Message)));

    /// <summary>Where shells read otherwise than one another, or than they seem to, nobody knows what quotes a reference needs.</summary>
    [Theory]
    [InlineData("printf '<%s>' \"$(set -- a; for i do case $i in a) printf '[%s]' {{ parameters.x }} ;; esac; done)\"", "'case' stands within $(…)")]
    [InlineData("printf '<%s>' \"$(case x in x) printf '%s' {{ parameters.x }};; esac; printf E)\"", "'case' stands within $(…)")]
    [InlineData("echo \"$(case b in a) echo in esac; echo;; b) printf '[%s]' {{ parameters.x }} ;; esac)\"", "'case' stands within $(…)")]
    [InlineData("echo \"$(echo case; ( case a in a) echo;; esac ) )\" {{ parameters.x }}", "'case' stands within $(…)")]
    [InlineData("cat <<EOF\n$(case a in a) echo {{ parameters.x }};; esac)\nEOF", "'case' stands within $(…)")]
    [InlineData("echo \"$(case\\\n a in a) echo {{ parameters.x }};; esac)\"", "a line goes on in the next within a word")]
    [InlineData("echo \"$(ca\\\nse a in a) echo {{ parameters.x }};; esac)\"", "a line goes on in the next within a word")]
    [InlineData("echo \"$(\\\n(echo {{ parameters.x }}))\"", "a line goes on in the next within a word")]
    [InlineData("cat <\\\n<EOF\n'\nEOF\necho {{ parameters.x }}", "a line goes on in the next within a word")]
    [InlineData("echo \"$\\\n(echo {{ parameters.x }})\"", "a line goes on in the next behind '$'")]
    [InlineData("echo ${y\\\n} {{ parameters.x }}", "a line goes on in the next within ${…}")]
    [InlineData("cat <<EOF\r\nhello\r\nEOF\r\nprintf '<%s>' {{ parameters.x }}", "there is a carriage return")]
    [InlineData("echo \r# ' {{ parameters.x }}", "there is a carriage return")]
    [InlineData("cat <<EOF\nfoo \\\nEOF\ncat <<X\nEOF\nprintf '<%s>' {{ parameters.x }}\nX\n", "a line of a here-document ends in a backslash")]
    [InlineData("cat <<EOF\n{{ parameters.x }}", "the here-document has no end mark")]
    [InlineData("cat <<E$x\n{{ parameters.x }}\nE", "the end mark of a here-document is not a word")]
    [InlineData("cat <<E'O'F\n{{ parameters.x }}\nEOF", "the end mark of a here-document is not a word")]
    [InlineData("cat <<\"E\nF\"\nE\nF\n: {{ parameters.x }}", "the end mark of a here-document is not a word")]
    [InlineData("echo \"$(cat <<EOF)\"\n{{ parameters.x }}\nEOF\n", "'$(' is closed in the line in which a here-document begins")]
    [InlineData("cat <<EOF \"$(\n)\"\n{{ parameters.x }}\nEOF\n", "a line ends within what follows '<<' in it")]
    [InlineData(
        "echo \"$(cat <<EOF\nhi\nEOF)\" {{ parameters.x }} \"\nEOF\n)\"", "shells do not agree on whether this line ends the here-document 'EOF'")]
    [InlineData("a=(b)#' {{ parameters.x }}", "shells do not agree on what a '(' within a word is")]
    [InlineData("echo @(a|b) {{ parameters.x }}", "shells do not agree on what a '(' within a word is")]
    [InlineData("cat <(echo)#' {{ parameters.x }}", "'<(' is not one of every shell's")]
    [InlineData("echo \"${x#'}'}\" {{ parameters.x }}", "shells do not agree on what quotes within ${…} are")]
    [InlineData("echo $(( ')' )) {{ parameters.x }}", "shells do not agree on what quotes within $((…)) are")]
    [InlineData("echo $\"a\" {{ parameters.x }}", "shells do not agree on what '$\"' is")]
    [InlineData("echo ${ echo; } {{ parameters.x }}", "shells do not agree on what '${' before a command is")]
    [InlineData("echo \"$$({{ parameters.x }})\"", "shells do not agree on what '$$(' is")]
    [InlineData("echo &>f {{ parameters.x }}", "shells do not agree on what '&>' is")]
    [InlineData("alias q=\"printf '\"\nq {{ parameters.x }}'", "'alias' changes how the shell reads what follows")]
    public void B93_what_shells_read_in_ways_of_their_own_is_refused(string text, string problem) => Assert.Contains(
        DeploymentRules.Problems(Spec with { Shell = text }), p => p.Field == "shell" && p.Message.Contains(problem, StringComparison.Ordinal));

    /// <summary>Some commands read one value as code.</summary>
    [Theory]
    [InlineData("eval {{ parameters.x }}", "with 'eval', which the shell would read as text of its own; put it into a variable first")]
    [InlineData("eval \"echo $(echo \"{{ parameters.x }}\")\"", "with 'eval'")]
    [InlineData("eval \"$( (echo; echo {{ parameters.x }}) )\"", "with 'eval'")]
    [InlineData("for i do A=b command eval 2>&1 {{ parameters.x }}; done", "with 'eval'")]
    [InlineData("trap \"echo {{ parameters.x }}\" EXIT", "trap 'echo \"$x\"' EXIT")]
    [InlineData("let y={{ parameters.x }}", "such as expr or awk")]
    [InlineData("declare y={{ parameters.x }}", "'declare' makes variables")]
    [InlineData("typeset -i y; y={{ parameters.x }}", "'typeset' makes variables")]
    [InlineData("f() { local y={{ parameters.x }}; }; f", "assign it first, as in x={{ … }}; local x")]
    [InlineData("f() { local -i y; y={{ parameters.x }}; }; f", "'local' with options")]
    [InlineData("readonly y={{ parameters.x }}", "assign it first, as in x={{ … }}; readonly x")]
    [InlineData("export y={{ parameters.x }}", "assign it first, as in x={{ … }}; export x")]
    [InlineData("read -r {{ parameters.x }}", "with 'read'")]
    [InlineData("readarray {{ parameters.x }}", "with 'readarray'")]
    [InlineData("mapfile -C {{ parameters.x }} y", "with 'mapfile'")]
    [InlineData("unset {{ parameters.x }}", "with 'unset'")]
    [InlineData("source {{ parameters.x }}", "with 'source'")]
    [InlineData(". {{ parameters.x }}", "with '.'")]
    [InlineData(". /dev/stdin <<EOF\n{{ parameters.x }}\nEOF", "with '.'")]
    [InlineData("[[ {{ parameters.x }} -eq 1 ]]", "use [ … ]")]
    [InlineData("printf -v {{ parameters.x }} a", "with 'printf -v'")]
    [InlineData("test -v {{ parameters.x }}", "with 'test -v'")]
    [InlineData("[ -v \"{{ parameters.x }}\" ]", "with '[ -v'")]
    [InlineData("PS4={{ parameters.x }}; set -x", "with 'PS4'")]
    [InlineData("PS1=\"a {{ parameters.x }}\" sh", "with 'PS1'")]
    [InlineData("PROMPT_COMMAND={{ parameters.x }}", "with 'PROMPT_COMMAND'")]
    [InlineData("env ENV={{ parameters.x }} sh -i", "with 'ENV'")]
    [InlineData("BASH_ENV=$(echo {{ parameters.x }}) bash", "with 'BASH_ENV'")]
    [InlineData("IFS={{ parameters.x }}", "with 'IFS'")]
    [InlineData("RANDOM={{ parameters.x }}", "with 'RANDOM'")]
    [InlineData("for PS4 in {{ parameters.x }}; do set -x; done", "with 'PS4'")]
    [InlineData("a[{{ parameters.x }}]=1", "stands in the index of a list")]
    [InlineData("a[\"{{ parameters.x }}\"]=1", "stands in the index of a list")]
    [InlineData("a[$(echo {{ parameters.x }})]=1", "stands in the index of a list")]
    public void B93_a_command_that_reads_a_value_as_code_is_refused_with_what_to_write(string text, string problem) => Assert.Contains(
        DeploymentRules.Problems(Spec with { Shell = text }), p => p.Field == "shell" && p.Message.Contains(problem, StringComparison.Ordinal));

    [Fact]
    public void B93_a_command_beside_it_is_refused_and_a_text_without_templates_is_never_looked_into()
    {
        Assert.Equal(
            ["shell: expected 'command' or 'shell'; there are both"],
            DeploymentRules.Problems(Spec with { Shell = "true", Command = ["true"] }).Select(p => $"{p.Field}: {p.Message}"));
        Assert.Empty(DeploymentRules.Problems(Spec with { Shell = "echo \"`it's $'all' $[ own ]" }));
        Assert.Equal("-x 'own", ShellText.Of("-x 'own").Script);
        Assert.Equal("shell", Assert.Single(DeploymentRules.Problems(Spec with { Shell = new string('x', 40_000) })).Field);
    }

    /// <summary>What a client may send at most is followed in no time, however its braces and quotes stand.</summary>
    [Theory]
    [InlineData("{{")]
    [InlineData("'{{' ")]
    [InlineData("{{ run.id }} ")]
    [InlineData("$(")]
    [InlineData("\"$(")]
    [InlineData("cat <<E\n$(")]
    [InlineData("'{{ run.id }}' ")]
    [InlineData("cat <<E <<F\n")]
    [InlineData("a{{ run.id }}[")]
    [InlineData("eval \"{{ run.id }}")]
    [InlineData("cat <<E\nE\n")]
    public void B93_any_text_is_followed_in_time_that_grows_with_its_length(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, 32 * 1024 / part.Length));
        var begun = ThreadTime.Used;
        _ = DeploymentRules.Problems(Spec with { Shell = text });
        Assert.True(ThreadTime.Used - begun < TimeSpan.FromSeconds(5), $"{ThreadTime.Used - begun}");
    }

    private static DeploymentSpec Spec => new() { Name = "flow/d", Workdir = "/", Parameters = Behaviours.Replies.Json("""{"x":"v"}""") };

    private static IEnumerable<string> Shells() => ((string[])["/bin/sh", "/bin/dash", "/bin/bash"]).Where(File.Exists);

    private static async Task<(string Printed, string Said)> Run(string shell, string text, string value)
    {
        var script = ShellText.Of(text);
        Assert.True(script.Problems.IsEmpty, $"{string.Join(Environment.NewLine, script.Problems)} of: {text}");
        var start = new ProcessStartInfo(shell) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] values = [.. script.Names.Select(name => name switch { "run.id" => "2", "run.due" => "3", _ => value })];
        string[] posix = shell.EndsWith("bash", StringComparison.Ordinal) ? ["--posix"] : [];
        foreach (var argument in (string[])[.. posix, .. ShellText.Options, script.Script, ShellText.Name, .. values])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEndAsync();
        var printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (printed, $"{shell}: {await said}");
    }
}
