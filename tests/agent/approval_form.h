// A small form with one answer that a second officer must agree to. Threads: pure.
#pragma once

#include "tests/agent/desk_fixture.h"

namespace awda::agent::test {

inline constexpr std::string_view kMarkedForm = R"xml(<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
        xmlns:jr="http://openrosa.org/javarosa" xmlns:awda="urn:awda:xforms:1">
 <h:head><h:title>Marked</h:title>
  <model>
   <instance>
    <data id="marked" version="1">
     <given_name/><verdict/>
     <meta><instanceID/><instanceName/></meta>
    </data>
   </instance>
   <bind nodeset="/data/given_name" type="string" required="true()"/>
   <bind nodeset="/data/verdict" type="string" awda:approval="supervisor"/>
   <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
   <bind nodeset="/data/meta/instanceName" type="string" calculate=" /data/given_name "/>
  </model>
 </h:head>
 <h:body>
  <input ref="/data/given_name"><label>Given name</label></input>
  <input ref="/data/verdict"><label>Verdict</label></input>
 </h:body>
</h:html>
)xml";

inline void write_approval_form(const Path& forms) {
    write_text(forms / "marked" / "marked.xlsx", kMarkedForm);
}

}  // namespace awda::agent::test
