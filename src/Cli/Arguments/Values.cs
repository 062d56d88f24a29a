using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Runner.Client;
using Runner.Messages;
using Runner.Messages.Http;

namespace Runner.Cli.Arguments;

/// <summary>Options whose errors say what was expected.</summary>
public static class Values
{
    /// <summary>A whole number within a range; 0 entries mean null.</summary>
    public static Option<int?> Integer(string name, string description, int least, int most, string help = "N") => new(name)
    {
        Description = description,
        HelpName = help,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
            {
                return value;
            }

            result.AddError($"{name}: expected a whole number from {least} to {most}; there is '{text}'.");
            return null;
        },
    };

    /// <summary>A whole number that a query has, too.</summary>
    internal static Option<int?> Integer(string name, string description, NumberQuery query) =>
        Integer(name, description, (int)query.Min, (int)query.Max);

    /// <summary>One or more files. What looks like an option is none: a file of such a name is written as <c>./--name</c>.</summary>
    public static Argument<string[]> Files(string name, string description)
    {
        var files = new Argument<string[]>(name) { Description = description, Arity = ArgumentArity.OneOrMore };
        files.Validators.Add(result =>
        {
            foreach (var text in result.Tokens.Select(t => t.Value).Where(t => t.StartsWith("--", StringComparison.Ordinal) && !File.Exists(t)))
            {
                var near = result.Parent is CommandResult { Command: var command } ? Nearest.To(text, command.Options.Select(o => o.Name)) : null;
                result.AddError($"'{text}' is not an option here{(near is null ? "." : $"; did you mean '{near}'?")}");
            }
        });
        return files;
    }

    /// <summary>A duration such as <c>10s</c>.</summary>
    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        CustomParser = result =>
        {
            if (DurationText.TryParse(result.Tokens[0].Value, out var value))
            {
                return value;
            }

            result.AddError($"{name}: expected {DurationText.Expected}; there is '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    /// <summary>One of a few words.</summary>
    public static Option<T?> Word<T>(string name, string description, params (string Word, T Value)[] words)
        where T : struct
    {
        var names = string.Join('|', words.Select(w => w.Word));
        var option = new Option<T?>(name)
        {
            Description = description,
            HelpName = names,
            CustomParser = result =>
            {
                foreach (var (word, value) in words)
                {
                    if (word == result.Tokens[0].Value)
                    {
                        return value;
                    }
                }

                result.AddError($"{name}: expected {names.Replace("|", " or ", StringComparison.Ordinal)}; there is '{result.Tokens[0].Value}'.");
                return null;
            },
        };
        // The parser offers the names that the code has for them.
        option.CompletionSources.Clear();
        option.CompletionSources.Add([.. words.Select(w => w.Word)]);
        return option;
    }

    /// <summary>A text.</summary>
    public static Option<string?> Text(string name, string description, string help, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = help };

    /// <summary>Yes or no.</summary>
    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary>An instant in words: RFC 3339, or a distance from now (<c>+10m</c>).</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static DateTimeOffset? Future(string option, string? text, TimeProvider time)
    {
        if (text is null)
        {
            return null;
        }

        if (Instants.TryParse(text, out var instant))
        {
            return instant;
        }

        return text.StartsWith('+') && DurationText.TryParse(text[1..], out var distance) && distance < DateTimeOffset.MaxValue - time.GetUtcNow()
            ? time.GetUtcNow() + distance
            : throw new UsageException($"{option}: expected {Instants.Expected}, or a distance such as +10m; there is '{text}'.");
    }

    /// <summary>An instant in words: RFC 3339, or how long ago (<c>2h</c>).</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static DateTimeOffset? Past(string option, string? text, TimeProvider time)
    {
        if (text is null)
        {
            return null;
        }

        if (Instants.TryParse(text, out var instant))
        {
            return instant;
        }

        return DurationText.TryParse(text.TrimStart('-'), out var distance) && distance < time.GetUtcNow() - DateTimeOffset.MinValue
            ? time.GetUtcNow() - distance
            : throw new UsageException($"{option}: expected {Instants.Expected}, or how long ago, such as 2h; there is '{text}'.");
    }
}
