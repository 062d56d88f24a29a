using System.CommandLine;
using Runner.Cli.Completion;

namespace Runner.Cli.Commands;

/// <summary><c>runner completion bash|zsh|fish</c>.</summary>
internal static class CompletionCommand
{
    public static Command Create(CliContext context)
    {
        var command = new Command("completion", "Print a script that completes commands, options and names in a shell.");
        command.Add(For(context, "bash", CompletionScripts.Bash, "source <(runner completion bash)"));
        command.Add(For(context, "zsh", CompletionScripts.Zsh, "source <(runner completion zsh)"));
        command.Add(For(context, "fish", CompletionScripts.Fish, "runner completion fish | source"));
        return command;
    }

    private static Command For(CliContext context, string shell, string script, string example)
    {
        var command = new Command(shell, $"Print the script for {shell}.").WithExample(example);
        command.SetAction(_ => context.Write(script.ReplaceLineEndings("\n") + "\n"));
        return command;
    }
}
