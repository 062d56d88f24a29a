using System.CommandLine;
using System.Diagnostics.CodeAnalysis;

namespace Runner.Cli.Arguments;

/// <summary>
/// Options that many commands share stand before the command as well as behind it: <c>runner --url URL runs</c>. Those that stand before it are moved
/// behind it, so that a command that has no such option says so as it always does.
/// </summary>
internal static class SharedOptions
{
    /// <summary>The command line with the root's own options behind the command that they are for; as it was if it names none.</summary>
    public static IReadOnlyList<string> BehindTheCommand(RootCommand root, IReadOnlyList<string> args)
    {
        Command at = root;
        var (before, path) = (new List<string>(), new List<string>());
        for (var i = 0; i < args.Count && at.Subcommands.Count > 0; i++)
        {
            if (TryFind(root, args[i], out var option))
            {
                before.Add(args[i]);
                if (TakesTheNext(option, args[i]) && i + 1 < args.Count)
                {
                    before.Add(args[++i]);
                }
            }
            else if (at.Subcommands.FirstOrDefault(c => c.Name == args[i] || c.Aliases.Contains(args[i])) is { } next)
            {
                at = next;
                path.Add(args[i]);
            }
            else
            {
                // Its own error, or the help of a group.
                return args;
            }
        }

        return before.Count == 0 || at.Subcommands.Count > 0 ? args : [.. path, .. before, .. args.Skip(path.Count + before.Count)];
    }

    private static bool TryFind(RootCommand root, string arg, [NotNullWhen(true)] out Option? option)
    {
        var name = arg.Split('=', ':')[0];
        option = name.StartsWith("--", StringComparison.Ordinal) ? root.Options.FirstOrDefault(o => o.Name == name && o.Action is null) : null;
        return option is not null;
    }

    private static bool TakesTheNext(Option option, string arg) => arg == option.Name && option.ValueType != typeof(bool);
}
