package shell

import "mvdan.cc/sh/v3/syntax"

// certain replaces the expansions whose result an unresolved variable decides,
// ${X:+y}, ${#X} or $((X + 1)): the expansion knows nothing of unresolved ones
// and would take a hole for the value. What stands in for them is a hole.
func certain(parts []syntax.WordPart, env *environment) []syntax.WordPart {
	list := make([]syntax.WordPart, len(parts))
	for i, part := range parts {
		switch p := part.(type) {
		case *syntax.DblQuoted:
			part = &syntax.DblQuoted{Dollar: p.Dollar, Parts: certain(p.Parts, env)}
		case *syntax.ParamExp:
			part = certainParam(p, env)
		case *syntax.ArithmExp:
			if decided(p.X, true, env) {
				part = &syntax.CmdSubst{}
			}
		}
		list[i] = part
	}
	return list
}

func certainParam(p *syntax.ParamExp, env *environment) syntax.WordPart {
	switch {
	case plainParam(p):
		return p
	case p.Param == nil || p.Names != 0:
		return &syntax.CmdSubst{}
	case !env.resolved(p.Param.Value):
		return &syntax.ParamExp{Param: p.Param}
	case p.Exp != nil && p.Exp.Word != nil && defaulting(p.Exp.Op):
		c, e := *p, *p.Exp
		e.Word = &syntax.Word{Parts: certain(e.Word.Parts, env)}
		c.Exp = &e
		return &c
	case decided(p, p.Slice != nil, env):
		return &syntax.CmdSubst{}
	}
	return p
}

// defaulting tells whether an expansion takes its word as it is, or not at all.
func defaulting(op syntax.ParExpOperator) bool {
	switch op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull, syntax.DefaultUnset, syntax.DefaultUnsetOrNull,
		syntax.ErrorUnset, syntax.ErrorUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		return true
	}
	return false
}

// decided tells whether something unresolved stands below a node. In
// arithmetic a bare name is a variable, too.
func decided(node syntax.Node, arithmetic bool, env *environment) bool {
	found := false
	syntax.Walk(node, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst:
			found = true
		case *syntax.ParamExp:
			found = found || n.Param != nil && !env.resolved(n.Param.Value)
		case *syntax.Lit:
			found = found || arithmetic && isName(n.Value) && !env.resolved(n.Value)
		}
		return !found
	})
	return found
}
