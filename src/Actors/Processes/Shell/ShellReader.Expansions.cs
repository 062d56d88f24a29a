namespace Runner.Actors.Processes.Shell;

/// <content>What stands in quotes, behind a dollar and in backquotes.</content>
internal sealed partial class ShellReader
{
    /// <summary>In double quotes, or in a here-document, where they mean nothing.</summary>
    private void Quoted(Frame frame)
    {
        switch (_text[_at])
        {
            case '"' when frame.Place == ShellPlace.Double:
                Copy(1);
                _frames.Pop();
                Within(_frames.Peek(), frame.Ever);
                break;
            case '\'' when frame.NoSingle:
                Problem(_at, Apart);
                Copy(1);
                break;
            case '\\':
                if (IsAt("\\\n") && _at > 0 && _text[_at - 1] == '$')
                {
                    Problem(_at, "a line goes on in the next behind '$'; write what belongs together in one line");
                }

                Escaped();
                break;
            default:
                Expanding();
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
            case '\'' or '"' when frame.NoSingle && (_text[_at] == '\'' || frame.NoDouble):
                Problem(_at, Apart);
                Copy(1);
                break;
            case '"':
                Push(ShellPlace.Double, 1, "a double quote", frame.NoTemplates ?? InBraces);
                break;
            case '\\' when IsAt("\\\n"):
                Problem(_at, "a line goes on in the next within ${…}; write it in one line");
                Copy(2);
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

    /// <summary>Where only commands and variables mean something.</summary>
    private void Expanding()
    {
        switch (_text[_at])
        {
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
                Problem(
                    _at,
                    "'$((' is read as arithmetic; put a space between the two for a command, so that it is known what quotes a template stands in");
                Copy(1);
                _frames.Pop();
                break;
            case '\\' or '\'' or '"':
                Problem(_at, "shells do not agree on what quotes within $((…)) are; leave them out");
                Copy(1);
                break;
            default:
                Expanding();
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

    // In one piece: one case for each thing that «$» begins.
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
            Push(ShellPlace.Command, 2, Substitution, frame.NoTemplates ?? frame.Place switch { ShellPlace.Braces =>
                InBraces, ShellPlace.Arithmetic => InArithmetic, _ => null });
        }
        else if (_at + 1 < _end && "$?!#*@-0123456789".Contains(_text[_at + 1], StringComparison.Ordinal))
        {
            if (IsAt("$$(") || (IsAt("$${") && TemplateAt(_at + 2) is null) || IsAt("$$[") || IsAt("$$'")
                || (frame.Place is ShellPlace.Braces && IsAt("$$\"")))
            {
                Problem(_at, $"shells do not agree on what '{_text.AsSpan(_at, 3)}' is; write ${{$}} for the number of the process");
            }

            // What follows it belongs to it no more.
            Copy(2);
        }
        else if (IsAt("$\\\n"))
        {
            Problem(_at, "a line goes on in the next behind '$'; write what belongs together in one line");
            Copy(1);
        }
        else if (IsAt("${"))
        {
            if (_at + 2 < _end && _text[_at + 2] is ' ' or '\t' or '\n' or '|')
            {
                Problem(_at, "shells do not agree on what '${' before a command is; write $(…)");
            }

            Push(ShellPlace.Braces, 2, "'${'", inDouble: inDouble);
        }
        else if (IsAt("$[") || (!inDouble && IsAt("$'")) || ((!inDouble || frame.Place is ShellPlace.Braces) && IsAt("$\"")))
        {
            Problem(_at, $"shells do not agree on what '{_text.AsSpan(_at, 2)}' is, so nobody can say what quotes a template stands in; "
                + $"{(IsAt("$[") ? "write $((…))" : IsAt("$'") ? "write '…'" : "write \\$ for a dollar sign")}");
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
        for (var at = _text.IndexOf("{{", _at, close - _at, StringComparison.Ordinal); at >= 0;
            at = _text.IndexOf("{{", at + 2, close - at - 2, StringComparison.Ordinal))
        {
            if (TemplateAt(at) is { IsMeant: true } template)
            {
                Problem(
                    at,
                    $"'{Shown(template)}' stands within single quotes, where the shell replaces nothing; write it in double quotes, or without any");
            }
        }

        Copy(close + 1 - _at);
    }
}
