using System.Text;

namespace Runner.Actors.Processes.Shell;

/// <summary>
/// Follows how a POSIX shell reads a text, as far as it takes to know what quotes each template stands in. What it cannot follow it refuses; a text
/// without templates never comes here.
/// </summary>
internal sealed partial class ShellReader
{
    private const int MostProblems = 20;

    /// <summary>How many characters a template may have.</summary>
    private const int LongestTemplate = 1000;

    /// <summary>How much of a word tells what it is.</summary>
    private const int LongestWord = 100;

    /// <summary>How deep here-documents may stand in commands in here-documents.</summary>
    private const int Deepest = 20;

    private const string Substitution = "'$('";
    private const string Subshell = "'('";

    /// <summary>Words after which a command begins again.</summary>
    private static readonly HashSet<string> BeforeCommands = ["if", "then", "else", "elif", "while", "until", "do", "!", "{"];

    private const string Apart = "shells do not agree on what quotes within ${…} are where that stands in double quotes or a here-document; "
        + "give what is quoted a name before, and use that";
    private const string InBraces = "stands within ${…}; give the value a name before, as in x=\"{{ … }}\", and use that";
    private const string InArithmetic = "stands within $((…)), where some shells run commands that a value names; "
        + "let a program calculate, such as expr or awk, or compare with [ … ]";

    private readonly string _text;
    private readonly int _end;
    private readonly int _depth;
    private readonly StringBuilder _script;
    private readonly StringBuilder _templates;
    private readonly Stack<Frame> _frames = new();
    private readonly Dictionary<string, int> _numbers;
    private int _at;

    /// <summary>How many here-documents wait for the end of their line.</summary>
    private int _waiting;

    public ShellReader(string text)
        : this(text, 0, text.Length, new(), new(), [], new(StringComparer.Ordinal), [], ShellPlace.Command, 0)
    {
        if (text.IndexOf('\r', StringComparison.Ordinal) is >= 0 and var at)
        {
            Problem(at, "there is a carriage return, which is no line end to the shell; end lines with a line feed alone");
        }
    }

    private ShellReader(
        string text, int from, int end, StringBuilder script, StringBuilder templates, List<string> names, Dictionary<string, int> numbers,
        List<string> problems, ShellPlace place, int depth)
    {
        (_text, _at, _end, _script, _templates, Names, _numbers, Problems, _depth) =
            (text, from, end, script, templates, names, numbers, problems, depth);
        _frames.Push(new Frame(place, from));
    }

    public List<string> Names { get; }

    public List<string> Problems { get; }

    public string Script => _script.ToString();

    public string Templates => _templates.ToString();

    // In one piece: one case for each place that a text can be in.
    public void Read()
    {
        while (_at < _end && Problems.Count < MostProblems)
        {
            var frame = _frames.Peek();
            if (IsAt("{{") && Template(frame))
            {
                continue;
            }

            switch (frame.Place)
            {
                case ShellPlace.Command:
                    Command(frame);
                    break;
                case ShellPlace.Double or ShellPlace.Document:
                    Quoted(frame);
                    break;
                case ShellPlace.Braces:
                    Braces(frame);
                    break;
                case ShellPlace.Arithmetic:
                    Arithmetic(frame);
                    break;
                default:
                    Backquotes();
                    break;
            }
        }

        if (_frames.Peek().Place == ShellPlace.Command)
        {
            Blank(_frames.Peek());
        }

        if (_frames.Count > 1 && Problems.Count == 0)
        {
            var open = _frames.Peek();
            Problem(open.Start, $"{open.Opening} is not closed, so nobody can say what quotes a template stands in");
        }
    }

    /// <summary>Outside of quotes.</summary>
    // In one piece: one case for each character that means something.
    private void Command(Frame frame)
    {
        var c = _text[_at];
        switch (c)
        {
            case '\\':
                if (IsAt("\\\n"))
                {
                    if (_at > 0 && _text[_at - 1] is not (' ' or '\t' or '\n'))
                    {
                        Problem(
                            _at,
                            "a line goes on in the next within a word; put a space before the backslash at its end, or write the word in one line");
                    }

                    Copy(2);
                    break;
                }

                frame.Word("'");
                Escaped();
                break;
            case '\'':
                frame.Word(Until('\''));
                Single();
                break;
            case '"':
                frame.Word(Until('"'));
                Push(ShellPlace.Double, 1, "a double quote", frame.NoTemplates);
                break;
            case '`':
                Push(ShellPlace.Backquotes, 1, "a backquote");
                frame.Word();
                break;
            case '$':
                frame.Word();
                Dollar(inDouble: false);
                break;
            case '#' when !frame.InWord:
                Copy(LineEnd(_at) - _at);
                break;
            case '<' when IsAt("<<<"):
                Blank(frame);
                Copy(3);
                break;
            case '<' when IsAt("<<"):
                Blank(frame);
                Mark(frame);
                break;
            case '\n':
                Begin(frame);
                if (frame.Documents.Count == _waiting)
                {
                    _waiting = 0;
                }

                Copy(1);
                Documents(frame);
                break;
            case ' ' or '\t' or '\r':
                Blank(frame);
                Copy(1);
                break;
            case '(':
                Opened(frame);
                break;
            case ')':
                Closed(frame);
                break;
            case '&' when IsAt("&>"):
                Problem(_at, "shells do not agree on what '&>' is; write >FILE 2>&1");
                Copy(2);
                break;
            case ';' or '&' or '|':
                Begin(frame);
                Copy(1);
                break;
            case '<' or '>':
                Blank(frame);
                if (IsAt("<(") || IsAt(">("))
                {
                    Problem(_at, $"'{_text.AsSpan(_at, 2)}' is not one of every shell's; write a pipeline, or a file");
                }

                Copy(_at + 1 < _end && _text[_at + 1] is '&' or '|' or '>' ? 2 : 1);
                break;
            default:
                Word(frame);
                break;
        }
    }

    private void Opened(Frame frame)
    {
        if (IsAt("((") && !frame.InWord)
        {
            Problem(_at, "shells do not agree on what '((' is; put a space between the two for a command, and compare with [ … ]");
        }
        else if (frame.InWord)
        {
            // What defines a function, and neither a list of values nor a pattern.
            var close = _at + 1;
            while (close < _end && _text[close] is ' ' or '\t')
            {
                close++;
            }

            if (close == _end || _text[close] != ')' || !IsPlain(frame.Written))
            {
                Problem(_at, "shells do not agree on what a '(' within a word is, such as that of a list of values or of a pattern; "
                    + "quote it, or put a space before it for a command");
            }
        }

        Begin(frame);
        Push(ShellPlace.Command, 1, Subshell, frame.NoTemplates);
    }

    private void Closed(Frame frame)
    {
        Begin(frame);
        Copy(1);
        if (frame.Cases != 0 || _frames.Count == 1)
        {
            return;
        }

        _frames.Pop();
        var outer = _frames.Peek();
        if (frame.Opening != Substitution)
        {
            outer.Begin();
            outer.Ever ??= frame.Ever;
            return;
        }

        if (frame.Documents.Count > 0)
        {
            Problem(_at - 1, "'$(' is closed in the line in which a here-document begins, and shells do not agree on where its text is then; "
                + "close it in a line of its own behind the end mark");
        }

        Within(outer, frame.Ever);
        outer.Word();
    }

    // In one piece: what follows a word depends on the word, and on where it began.
    private void Word(Frame frame)
    {
        var from = _at;
        var isWhole = !frame.InWord;
        while (_at < _end && !IsAt("{{") && !" \t\r\n;&|()<>\"'`$\\".Contains(_text[_at], StringComparison.Ordinal))
        {
            _at++;
        }

        if (_at == from)
        {
            // A brace of what is no template.
            _at++;
        }

        var word = _text[from.._at];
        _script.Append(word);
        isWhole &= _at == _end || " \t\r\n;&|()<>".Contains(_text[_at], StringComparison.Ordinal);
        var begins = frame.AtCommand && isWhole;
        frame.Word(word);
        if (isWhole && word == "case" && frame.InSubstitution)
        {
            Problem(from, "'case' stands within $(…), where shells do not agree on what its parentheses close; "
                + "move it out of there, as into a function that is called in $(…), or quote the word if it is none of the shell's");
        }

        if (isWhole && ShellWords.Never(word) is { } never)
        {
            Problem(from, never);
        }

        if (begins && word == "case")
        {
            frame.Cases++;
        }
        else if (begins && word == "esac" && frame.Cases > 0)
        {
            frame.Cases--;
        }
        else if ((begins && BeforeCommands.Contains(word)) || (isWhole && word is "do") || (isWhole && word == "in" && frame.Cases > 0))
        {
            frame.AtCommand = true;
        }
    }

    /// <summary>What a word ends with.</summary>
    private void Blank(Frame frame)
    {
        if (frame.InWord)
        {
            Ended(frame);
        }

        frame.Blank();
    }

    /// <summary>What a simple command ends with.</summary>
    private void Begin(Frame frame)
    {
        Blank(frame);
        frame.Begin();
    }

    private void Ended(Frame frame)
    {
        if (ShellWords.IsInIndex(frame.Written))
        {
            Problem(_at, "'[' behind a name is not closed within the word, and shells do not agree on what that is; quote it");
        }

        // A dot is a folder for every other command.
        if (frame.Reads is null && (frame.IsFirst || frame.Written != ".") && (frame.Reads = ShellWords.Reads(frame.Written, frame.Before)) is { } why
            && frame.Used is { } used)
        {
            Problem(used.Start, $"'{Shown(used)}' {why}");
        }

        if (frame.Before == "local" && frame.Written.StartsWith('-'))
        {
            Problem(_at, "'local' with options makes variables whose values the shell would read as text of its own; leave the options out");
        }

        if (frame.Written is "printf" or "test" or "[" or "local" or "wait" or "source" || (frame.IsFirst && frame.Written == "."))
        {
            frame.Before = frame.Written;
        }

        frame.IsFirst = BeforeCommands.Contains(frame.Written)
            || (frame.IsFirst && (frame.Written is "command" or "builtin" or "time" || frame.Written.Contains('=', StringComparison.Ordinal)));
    }

    /// <summary>What is quoted, as far as it tells what word it is in: brackets mean nothing there.</summary>
    private string Until(char quote)
    {
        var rest = _text.AsSpan(_at + 1, Math.Min(LongestWord, _end - _at - 1));
        return rest.IndexOf(quote) is >= 0 and var end ? $"'{rest[..end]}".Replace('[', '_').Replace(']', '_') : "'";
    }

    private static bool IsPlain(ReadOnlySpan<char> word) => !word.IsEmpty && !word.ContainsAnyExcept(ShellWords.Plain);

    private void Push(ShellPlace place, int length, string opening, string? noTemplates = null, bool inDouble = false)
    {
        var outer = _frames.Peek();
        _frames.Push(new Frame(place, _at, opening == Subshell ? outer.Documents : null)
        {
            Opening = opening,
            NoTemplates = noTemplates ?? outer.NoTemplates,
            InDouble = inDouble,
            InSubstitution = outer.InSubstitution || opening == Substitution,
            NoSingle = (place == ShellPlace.Braces && inDouble)
                || (place == ShellPlace.Double && outer is { Place: ShellPlace.Braces, NoSingle: true }),
            NoDouble = outer.Place == ShellPlace.Document,
            Outside = opening == Subshell ? outer.Outside : outer.Reads ?? (outer is { Place: ShellPlace.Command, InWord: true }
                ? ShellWords.IsInIndex(outer.Written) ? ShellWords.Index : ShellWords.Reads(outer.Written, outer.Before)
                : null),
        });
        Copy(length);
    }

    private void Copy(int length)
    {
        if (_waiting > 0 && _text.AsSpan(_at, length).Contains('\n'))
        {
            _waiting = 0;
            Problem(_at, "a line ends within what follows '<<' in it, and shells do not agree on where the text of the here-document begins then; "
                + "write that in one line, or give it a name before");
        }

        _script.Append(_text, _at, length);
        _at += length;
    }

    private bool IsAt(string text) => _at + text.Length <= _end && string.CompareOrdinal(_text, _at, text, 0, text.Length) == 0;

    private int LineEnd(int from) => _text.IndexOf('\n', from, _end - from) is >= 0 and var end ? end : _end;

    private enum ShellPlace
    {
        Command,
        Double,
        Document,
        Braces,
        Arithmetic,
        Backquotes,
    }

    /// <param name="documents">The here-documents of what it is in, if those begin behind its lines, too.</param>
    private sealed class Frame(ShellPlace place, int start, Queue<HereDocument>? documents = null)
    {
        public ShellPlace Place => place;

        public int Start => start;

        /// <summary>Those whose text begins at the next line.</summary>
        public Queue<HereDocument> Documents { get; } = documents ?? new();

        public string Opening { get; init; } = "";

        /// <summary>Why no template may stand here, for what this is in.</summary>
        public string? NoTemplates { get; init; }

        /// <summary>Why none may, for the command that this is a part of.</summary>
        public string? Outside { get; init; }

        /// <summary>Why none may in this simple command.</summary>
        public string? Reads
        {
            get => field ?? Outside;
            set;
        }

        /// <summary>The first template of this simple command.</summary>
        public Found? Used { get; set; }

        /// <summary>The first template of all that stands in it.</summary>
        public Found? Ever { get; set; }

        /// <summary>Whether the next word may be the command's name.</summary>
        public bool IsFirst { get; set; } = true;

        /// <summary>An earlier word of this simple command, if it decides about the others.</summary>
        public string Before { get; set; } = "";

        /// <summary>The word so far, with a single quote before what is quoted in it.</summary>
        public string Written { get; private set; } = "";

        public bool InSubstitution { get; init; }

        public bool NoSingle { get; init; }

        public bool NoDouble { get; init; }

        /// <summary>Of <c>${…}</c>: whether it stands in double quotes, where a single quote means nothing.</summary>
        public bool InDouble { get; init; }

        public int Parentheses { get; set; }

        /// <summary>How many <c>case … esac</c> are open here: a parenthesis ends a pattern then.</summary>
        public int Cases { get; set; }

        public bool InWord { get; private set; }

        public bool AtCommand { get; set; } = true;

        public void Begin()
        {
            Blank();
            (AtCommand, IsFirst, Reads, Used, Before) = (true, true, null, null, "");
        }

        public void Blank() => (InWord, Written) = (false, "");

        public void Word(ReadOnlySpan<char> written = default)
        {
            (InWord, AtCommand) = (true, false);
            if (Written.Length < LongestWord)
            {
                Written = string.Concat(Written, written);
            }
        }
    }
}
