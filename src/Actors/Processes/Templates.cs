using System.Text;
using Runner.Actors.Processes.Shell;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.Processes;

/// <summary>
/// <c>{{ parameters.NAME }}</c>, and <c>{{ run.id }}</c> and the like, in commands, environment values and working directories. A text parameter is
/// inserted as it is, anything else as JSON; the result is one argument whatever it holds, for no shell ever sees it.
/// </summary>
internal static class Templates
{
    /// <summary>How many declared parameters are looked through for what a misspelt name was meant to be.</summary>
    private const int MostHinted = 1000;

    /// <summary>Names are told and looked for no longer than that.</summary>
    private const int Shown = 100;

    /// <summary>The texts of a deployment that may have templates, each with its field.</summary>
    public static IEnumerable<(string Field, string Text)> TextsOf(DeploymentSpec spec) =>
    [
        .. (spec.Command.IsDefault ? [] : spec.Command).Index().Where(c => c.Item is not null).Select(c => ($"command[{c.Index}]", c.Item)),
        .. from variable in spec.Env let text = variable.Value as EnvValue.Text where text is not null select ($"env.{variable.Key}", text.Value),
        ("workdir", spec.Workdir ?? ""),
        ("shell", spec.Shell is null ? "" : ShellText.Of(spec.Shell).Templates),
    ];

    /// <summary>The text with every template filled in. One that cannot be is left as it stands: registration refuses those.</summary>
    /// <param name="atMost">How many bytes of UTF-8 it may become.</param>
    /// <param name="longest">The template that made it too long; null if it is so without any.</param>
    /// <returns>Null if it becomes longer: nothing much longer is ever put together.</returns>
    public static string? Fill(string text, TemplateValues values, int atMost, out string? longest)
    {
        longest = null;
        if (!text.Contains("{{", StringComparison.Ordinal))
        {
            return IsWithin(text, atMost) ? text : null;
        }

        var result = new StringBuilder(Math.Min(text.Length, atMost));
        var at = 0;
        var most = 0;
        foreach (var (start, end, name) in Places(text))
        {
            var value = name is not null && values.Of(name) is { } known ? known : text[start..end];
            if (value.Length > most)
            {
                (longest, most) = (text[start..end], value.Length);
            }

            result.Append(text, at, start - at).Append(value);
            at = end;
            if (result.Length > atMost)
            {
                return null;
            }
        }

        var filled = result.Append(text, at, text.Length - at).ToString();
        return IsWithin(filled, atMost) ? filled : null;
    }

    /// <summary>What is wrong with the templates of a text, in words; empty if nothing is.</summary>
    /// <param name="known">The names of the declared parameters.</param>
    public static IEnumerable<string> Problems(string text, IReadOnlySet<string> known)
    {
        foreach (var (start, end, name) in Places(text))
        {
            if (name is null || !TemplateValues.IsName(name))
            {
                yield return $"'{Short(text[start..end])}' is not a template; "
                    + $"expected {{{{ parameters.NAME }}}}, or one of {TemplateValues.Listed}{Hint(name, known)}";
            }
            else if (TemplateValues.ParameterOf(name) is { } parameter && !known.Contains(parameter))
            {
                yield return $"parameter '{Short(parameter)}' has no default in 'parameters', and no parameter_schema that is enforced requires it, "
                    + "so a run might lack it"
                    + (known.Count <= MostHinted ? Nearest.Hint(parameter, known) : "");
            }
        }
    }

    /// <summary>The names of parameters that a text's templates use and that are not given.</summary>
    public static IEnumerable<string> Missing(string text, IReadOnlySet<string> given) =>
        Places(text).Select(p => p.Name is null ? null : TemplateValues.ParameterOf(p.Name)).OfType<string>().Where(name => !given.Contains(name));

    /// <summary>The templates of a text: where each stands, and the name in it; null for what is not closed or empty.</summary>
    public static IEnumerable<(int Start, int End, string? Name)> Places(string text)
    {
        for (var start = text.IndexOf("{{", StringComparison.Ordinal); start >= 0;)
        {
            var close = text.IndexOf("}}", start, StringComparison.Ordinal);
            var end = close < 0 ? text.Length : close + 2;
            var inner = close < 0 ? "" : text[(start + 2)..close].Trim();
            yield return (start, end, inner.Length > 0 ? inner : null);
            start = text.IndexOf("{{", end, StringComparison.Ordinal);
        }
    }

    public static bool IsWithin(string text, int atMost) => text.Length <= atMost && Encoding.UTF8.GetByteCount(text) <= atMost;

    private static string Hint(string? name, IReadOnlySet<string> known) =>
        name is null ? ""
        : known.Count <= MostHinted ? Nearest.Hint(name, TemplateValues.Names.Concat(known.Select(TemplateValues.NameOf)))
        : Nearest.Hint(name, TemplateValues.Names);

    private static string Short(string text) => text.Length <= Shown ? text : $"{text.AsSpan(0, Shown)}…";
}
