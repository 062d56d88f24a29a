using System.Globalization;
using System.Text;

namespace Runner.Actors.Processes.Shell;

/// <summary>
/// Follows how a POSIX shell reads a text, as far as it takes to know what quotes each template stands in. What it cannot follow it refuses; a text without templates never comes here.
/// </summary>
internal sealed class ShellReader
{
    private const int MostProblems = 20;

    /// <summary>How many characters a template may have.</summary>
    private const int LongestTemplate = 1000;

    /// <summary>How deep here-documents may stand in commands in here-documents.</summary>
    private const int Deepest = 20;

    private const string Substitution = "'$('";
    private const string Subshell = "'('";

    /// <summary>Words after which a command begins again.</summary>
    private static readonly HashSet<string> BeforeCommands = ["if", "then", "else", "elif", "while", "until", "do", "!", "{"];

    private readonly string _text;
    private readonly int _end;
    private readonly int _depth;
    private readonly StringBuilder _script;
    private readonly StringBuilder _templates;
    private readonly Stack<Frame> _frames = new();
    private readonly Dictionary<string, int> _numbers;
    private int _at;

    public ShellReader(string text)
        : this(text, 0, text.Length, new(), new(), [], new(StringComparer.Ordinal), [], ShellPlace.Command, 0)
    {
    }

    private ShellReader(
        string text, int from, int end, StringBuilder script, StringBuilder templates, List<string> names, Dictionary<string, int> numbers, List<string> problems, ShellPlace place, int depth)
    {
        (_text, _at, _end, _script, _templates, Names, _numbers, Problems, _depth) = (text, from, end, script, templates, names, numbers, problems, depth);
        _frames.Push(new Frame(place, from));
    }

    public List<string> Names { get; }

    public List<string> Problems { get; }

    public string Script => _script.ToString();

    public string Templates => _templates.ToString();

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

        if (_frames.Count > 1 && Problems.Count == 0)
        {
            var open = _frames.Peek();
            Problem(open.Start, $"{open.Opening} is not closed, so nobody can say what quotes a template stands in");
        }
    }

    /// <summary>Outside of quotes.</summary>
    private void Command(Frame frame)
    {
        var c = _text[_at];
        switch (c)
        {
            case '\\':
                var continued = IsAt("\\\n");
                Escaped();
                if (!continued)
                {
                    frame.Word();
                }

                break;
            case '\'':
                Single();
                frame.Word();
                break;
            case '"':
                Push(ShellPlace.Double, 1, "a double quote", frame.NoTemplates);
                frame.Word();
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
                Copy(3);
                frame.Blank();
                break;
            case '<' when IsAt("<<"):
                frame.Blank();
                Mark(frame);
                break;
            case '\n':
                Copy(1);
                frame.Begin();
                Documents(frame);
                break;
            case ' ' or '\t' or '\r':
                Copy(1);
                frame.Blank();
                break;
            case '(':
                // Some shells take two for arithmetic.
                var arithmetic = IsAt("((") && !frame.InWord;
                frame.Begin();
                Push(ShellPlace.Command, 1, Subshell, frame.NoTemplates || arithmetic);
                break;
            case ')':
                Copy(1);
                if (frame.Cases == 0 && _frames.Count > 1)
                {
                    _frames.Pop();
                    if (frame.Opening == Substitution)
                    {
                        _frames.Peek().Word();
                    }
                    else
                    {
                        _frames.Peek().Begin();
                    }
                }
                else
                {
                    frame.Begin();
                }

                break;
            case ';' or '&' or '|':
                Copy(1);
                frame.Begin();
                break;
            case '<' or '>':
                Copy(1);
                frame.Blank();
                break;
            default:
                Word(frame);
                break;
        }
    }

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
        frame.Word();
        if (begins && word == "case")
        {
            frame.Cases++;
        }
        else if (begins && word == "esac" && frame.Cases > 0)
        {
            frame.Cases--;
        }
        else if ((begins && BeforeCommands.Contains(word)) || (isWhole && word == "in" && frame.Cases > 0))
        {
            frame.AtCommand = true;
        }
    }

    /// <summary>In double quotes, or in a here-document, where they mean nothing.</summary>
    private void Quoted(Frame frame)
    {
        switch (_text[_at])
        {
            case '"' when frame.Place == ShellPlace.Double:
                Copy(1);
                _frames.Pop();
                break;
            case '\\':
                Escaped();
                break;
            case '`':
                Push(ShellPlace.Backquotes, 1, "a backquote");
                break;
            case '$':
                Dollar(inDouble: true);
                break;
            default:
                Copy(1);
                break;
        }
    }

    private void Braces(Frame frame)
    {
        switch (_text[_at])
        {
            case '}':
                Copy(1);
                _frames.Pop();
                break;
            case '\'' when !frame.InDouble:
                Single();
                break;
            case '"':
                Push(ShellPlace.Double, 1, "a double quote", noTemplates: true);
                break;
            case '\\':
                Escaped();
                break;
            case '`':
                Push(ShellPlace.Backquotes, 1, "a backquote");
                break;
            case '$':
                Dollar(frame.InDouble);
                break;
            default:
                Copy(1);
                break;
        }
    }

    private void Arithmetic(Frame frame)
    {
        switch (_text[_at])
        {
            case '(':
                frame.Parentheses++;
                Copy(1);
                break;
            case ')' when frame.Parentheses > 0:
                frame.Parentheses--;
                Copy(1);
                break;
            case ')' when IsAt("))"):
                Copy(2);
                _frames.Pop();
                break;
            case ')':
                Problem(_at, "'$((' is read as arithmetic; put a space between the two for a command, so that it is known what quotes a template stands in");
                Copy(1);
                _frames.Pop();
                break;
            case '\\':
                Escaped();
                break;
            case '`':
                Push(ShellPlace.Backquotes, 1, "a backquote");
                break;
            case '$':
                Dollar(inDouble: true);
                break;
            default:
                Copy(1);
                break;
        }
    }

    private void Backquotes()
    {
        switch (_text[_at])
        {
            case '`':
                Copy(1);
                _frames.Pop();
                break;
            case '\\':
                Escaped();
                break;
            default:
                Copy(1);
                break;
        }
    }

    private void Dollar(bool inDouble)
    {
        var frame = _frames.Peek();
        if (TemplateAt(_at + 1) is { } template)
        {
            Refuse(template, "stands right after '$', which the shell would take with it; write \\$ for a dollar sign");
        }
        else if (IsAt("$(("))
        {
            Push(ShellPlace.Arithmetic, 3, "'$(('");
        }
        else if (IsAt("$("))
        {
            Push(ShellPlace.Command, 2, Substitution, frame.NoTemplates || frame.Place is ShellPlace.Braces or ShellPlace.Arithmetic);
        }
        else if (IsAt("${"))
        {
            Push(ShellPlace.Braces, 2, "'${'", inDouble: inDouble);
        }
        else if (IsAt("$[") || (!inDouble && IsAt("$'")))
        {
            Problem(_at, $"shells do not agree on what '{_text.AsSpan(_at, 2)}' is, so nobody can say what quotes a template stands in; {(IsAt("$[") ? "write $((…))" : "write '…'")}");
            Copy(1);
        }
        else
        {
            Copy(1);
        }
    }

    /// <summary>A backslash and what it quotes.</summary>
    private void Escaped()
    {
        if (TemplateAt(_at + 1) is { } template)
        {
            Refuse(template, "stands right after a backslash, which would quote the reference's first character; write two for a backslash");
            return;
        }

        Copy(Math.Min(2, _end - _at));
    }

    private void Single()
    {
        var close = _text.IndexOf('\'', _at + 1, _end - _at - 1);
        if (close < 0)
        {
            Problem(_at, "a single quote is not closed, so nobody can say what quotes a template stands in");
            Copy(_end - _at);
            return;
        }

        // What is no template stays as it is here: other programs have braces of their own.
        for (var at = _text.IndexOf("{{", _at, close - _at, StringComparison.Ordinal); at >= 0; at = _text.IndexOf("{{", at + 2, close - at - 2, StringComparison.Ordinal))
        {
            if (TemplateAt(at) is { IsMeant: true } template)
            {
                Problem(at, $"'{Shown(template)}' stands within single quotes, where the shell replaces nothing; write it in double quotes, or without any");
            }
        }

        Copy(close + 1 - _at);
    }

    /// <summary>The end mark of a here-document, whose text begins at the next line.</summary>
    private void Mark(Frame frame)
    {
        Copy(2);
        var tabs = _at < _end && _text[_at] == '-';
        Copy(tabs ? 1 : 0);
        while (_at < _end && _text[_at] is ' ' or '\t')
        {
            Copy(1);
        }

        var mark = new StringBuilder();
        var quoted = false;
        for (char? quote = null; _at < _end && (quote is not null || !" \t\r\n;&|()<>".Contains(_text[_at], StringComparison.Ordinal)); Copy(1))
        {
            var c = _text[_at];
            if (TemplateAt(_at) is { IsMeant: true } template)
            {
                Problem(_at, $"'{Shown(template)}' cannot be the end mark of a here-document, in which nothing is replaced");
            }

            if (quote is null && c is '\'' or '"')
            {
                (quote, quoted) = (c, true);
            }
            else if (c == quote)
            {
                quote = null;
            }
            else if (c == '\\' && quote is null)
            {
                quoted = true;
            }
            else
            {
                mark.Append(c);
            }
        }

        if (mark.Length > 0 || quoted)
        {
            frame.Documents.Enqueue(new HereDocument(mark.ToString(), tabs, quoted));
        }
    }

    private void Documents(Frame frame)
    {
        while (frame.Documents.TryDequeue(out var document))
        {
            var end = _at;
            var next = _at;
            while (next < _end)
            {
                var line = _text.AsSpan(next, LineEnd(next) - next);
                if ((document.Tabs ? line.TrimStart('\t') : line).SequenceEqual(document.Mark))
                {
                    break;
                }

                end = next = Math.Min(_end, next + line.Length + 1);
            }

            if (document.Quoted || _depth == Deepest || frame.NoTemplates)
            {
                Verbatim(end, document.Quoted
                    ? "stands in a here-document whose end mark is quoted, where the shell replaces nothing; leave the quotes off the mark, as in <<EOF"
                    : "stands in a here-document within too much else; give the value a name before, as in x=\"{{ … }}\", and use that");
            }
            else
            {
                new ShellReader(_text, _at, end, _script, _templates, Names, _numbers, Problems, ShellPlace.Document, _depth + 1).Read();
                _at = end;
            }

            Copy(LineEnd(_at) - _at);
            Copy(_at < _end ? 1 : 0);
        }
    }

    private void Verbatim(int end, string why)
    {
        for (var at = _text.IndexOf("{{", _at, end - _at, StringComparison.Ordinal); at >= 0; at = _text.IndexOf("{{", at + 2, end - at - 2, StringComparison.Ordinal))
        {
            if (TemplateAt(at) is { IsMeant: true } template)
            {
                Problem(at, $"'{Shown(template)}' {why}");
            }
        }

        Copy(end - _at);
    }

    /// <summary>Two braces: a template where one may stand, and elsewhere one if it is meant to be.</summary>
    /// <returns>Whether it was taken.</returns>
    private bool Template(Frame frame)
    {
        if (TemplateAt(_at) is not { } template)
        {
            return false;
        }

        var why = frame switch
        {
            { Place: ShellPlace.Backquotes } => "stands within backquotes; write $(…) instead of them",
            { Place: ShellPlace.Arithmetic } => "stands within $((…)), where some shells run commands that a value names; let a program calculate, such as expr or awk",
            { Place: ShellPlace.Braces } => "stands within ${…}; give the value a name before, as in x=\"{{ … }}\", and use that",
            { NoTemplates: true } => "stands within ${…}, $((…)) or ((…)); give the value a name before, as in x=\"{{ … }}\", and use that",
            _ => null,
        };
        if (why is not null)
        {
            if (!template.IsMeant)
            {
                return false;
            }

            Refuse(template, why);
            return true;
        }

        if (!_numbers.TryGetValue(template.Name, out var number))
        {
            Names.Add(template.Name);
            _numbers.Add(template.Name, number = Names.Count);
        }

        _templates.Append(_text, template.Start, template.End - template.Start);
        var reference = ShellText.Reference(number);
        _script.Append(frame.Place == ShellPlace.Command ? $"\"{reference}\"" : reference);
        _at = template.End;
        frame.Word();
        return true;
    }

    private Found? TemplateAt(int start)
    {
        if (start + 1 >= _end || _text[start] != '{' || _text[start + 1] != '{')
        {
            return null;
        }

        var close = _text.IndexOf("}}", start, Math.Min(LongestTemplate, _end - start), StringComparison.Ordinal);
        var end = close < 0 ? LineEnd(start) : close + 2;
        return new Found(start, end, close < 0 ? "" : _text[(start + 2)..close].Trim());
    }

    private void Refuse(Found template, string why)
    {
        Problem(template.Start, $"'{Shown(template)}' {why}");
        _at = template.End;
    }

    private string Shown(Found template) => _text[template.Start..Math.Min(template.End, template.Start + 100)];

    private void Problem(int at, string problem)
    {
        if (Problems.Count == MostProblems)
        {
            return;
        }

        var line = _text.AsSpan(0, at).Count('\n') + 1;
        Problems.Add(_text.AsSpan().TrimEnd('\n').Contains('\n') ? string.Create(CultureInfo.InvariantCulture, $"line {line}: {problem}") : problem);
    }

    private void Push(ShellPlace place, int length, string opening, bool noTemplates = false, bool inDouble = false)
    {
        _frames.Push(new Frame(place, _at, opening == Subshell ? _frames.Peek().Documents : null) { Opening = opening, NoTemplates = noTemplates, InDouble = inDouble });
        Copy(length);
    }

    private void Copy(int length)
    {
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

    private readonly record struct HereDocument(string Mark, bool Tabs, bool Quoted);

    private readonly record struct Found(int Start, int End, string Name)
    {
        /// <summary>Whether somebody wrote it as one: other programs have braces, too.</summary>
        public bool IsMeant => TemplateValues.IsName(Name) || Name.StartsWith("param", StringComparison.Ordinal) || Name.StartsWith("run.", StringComparison.Ordinal)
            || Name.StartsWith("deployment.", StringComparison.Ordinal);
    }

    /// <param name="documents">The here-documents of what it is in, if those begin behind its lines, too.</param>
    private sealed class Frame(ShellPlace place, int start, Queue<HereDocument>? documents = null)
    {
        public ShellPlace Place => place;

        public int Start => start;

        /// <summary>Those whose text begins at the next line.</summary>
        public Queue<HereDocument> Documents { get; } = documents ?? new();

        public string Opening { get; init; } = "";

        /// <summary>Whether no template may stand here, for what this is in.</summary>
        public bool NoTemplates { get; init; }

        /// <summary>Of <c>${…}</c>: whether it stands in double quotes, where a single quote means nothing.</summary>
        public bool InDouble { get; init; }

        public int Parentheses { get; set; }

        /// <summary>How many <c>case … esac</c> are open here: a parenthesis ends a pattern then.</summary>
        public int Cases { get; set; }

        public bool InWord { get; private set; }

        public bool AtCommand { get; set; } = true;

        public void Begin() => (InWord, AtCommand) = (false, true);

        public void Blank() => InWord = false;

        public void Word() => (InWord, AtCommand) = (true, false);
    }
}
