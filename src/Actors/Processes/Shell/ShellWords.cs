using System.Buffers;

namespace Runner.Actors.Processes.Shell;

/// <summary>Words that read what stands beside them as text of the shell, or that change how the shell reads what follows.</summary>
internal static class ShellWords
{
    public const string Index = "stands in the index of a list, which the shell would read as text of its own; let a program look it up, such as awk";

    private const string OwnText = "which the shell would read as text of its own";

    private const string Argument = "or quote that word if it is an argument";

    /// <summary>What a word may be made of for every shell to take it as it stands.</summary>
    public static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

    /// <summary>Variables that a shell evaluates when it uses them, or when something is assigned to them.</summary>
    private static readonly HashSet<string> Evaluated =
    [
        "PS0", "PS1", "PS2", "PS3", "PS4", "PROMPT_COMMAND", "ENV", "BASH_ENV", "IFS", "RANDOM", "SRANDOM", "SECONDS", "EPOCHSECONDS", "BASHPID",
        "HISTCMD", "LINENO", "OPTIND",
    ];

    /// <summary>Why no template may stand in the same simple command, or none.</summary>
    /// <param name="word">What was written, with a single quote before what was quoted.</param>
    /// <param name="before">An earlier word of it that decides about this one.</param>
    public static string? Reads(string word, string before) => word switch
    {
        "eval" => $"stands in a command with 'eval', {OwnText}; put it into a variable first and quote what names that, as in x={{{{ … }}}}; "
            + $"eval 'echo \"$x\"', {Argument}",
        "trap" => $"stands in a command with 'trap', {OwnText}; put it into a variable first and single-quote the trap, as in x={{{{ … }}}}; "
            + $"trap 'echo \"$x\"' EXIT, {Argument}",
        "let" => $"stands in a command with 'let', {OwnText}; let a program calculate, such as expr or awk, {Argument}",
        "export" or "readonly" or "local" =>
            $"stands in a command with '{word}', {OwnText}; assign it first, as in x={{{{ … }}}}; {word} x, {Argument}",
        "read" or "readarray" or "mapfile" or "unset" or "getopts" =>
            $"stands in a command with '{word}', {OwnText}; put it into a variable first, or hand it over in a here-document, {Argument}",
        "source" or "." =>
            $"stands in a command with '{word}', {OwnText}; put it into a variable first, as in x={{{{ … }}}}, which the file may use, {Argument}",
        "bind" or "complete" or "compgen" or "fc" => $"stands in a command with '{word}', {OwnText}; put it into a variable first, {Argument}",
        _ when word.TrimStart('\'') is ['-', 'v', ..] or "-R" or "-p" && before.Length > 0 && IsNaming(word.TrimStart('\''), before) =>
            $"stands in a command with '{before} {word.TrimStart('\'')[..2]}', {OwnText}; "
            + "put it into a variable first, as in x={{ … }}, and compare that with [ … ]",
        _ when Assigned(word) is { } name => $"stands in a command with '{name}', {OwnText}; put it into a variable of another name",
        _ => null,
    };

    /// <summary>Why a word may not stand in a text with templates at all, or none.</summary>
    public static string? Never(string word) => word switch
    {
        "[[" => "within '[[' the shell would read values as text of its own, and not every shell has it; "
            + "use [ … ], or quote the word if it is an argument",
        "declare" or "typeset" => $"'{word}' makes variables whose values the shell would read as text of its own; "
            + "assign as in x={{ … }}, or quote the word if it is an argument",
        "alias" or "shopt" => $"'{word}' changes how the shell reads what follows, so nobody can say what quotes a template stands in; "
            + "write a function, or quote the word if it is an argument",
        _ => null,
    };

    /// <summary>Whether what follows belongs to the index of a list.</summary>
    public static bool IsInIndex(string word)
    {
        var open = word.LastIndexOf('[');
        return open > 0 && (char.IsAsciiLetterOrDigit(word[open - 1]) || word[open - 1] == '_') && word.IndexOf(']', open) < 0;
    }

    private static bool IsNaming(string option, string before) => before switch
    {
        "printf" => option[1] == 'v',
        "test" or "[" => option is "-v" or "-R",
        "wait" => option == "-p",
        _ => false,
    };

    private static string? Assigned(string word)
    {
        var length = word.AsSpan().IndexOfAnyExcept(Plain);
        var name = length < 0 ? word : word[..length];
        return Evaluated.Contains(name) && (length < 0 || word[length] is '=' or '+') ? name : name == "BASH_ALIASES" ? name : null;
    }
}
